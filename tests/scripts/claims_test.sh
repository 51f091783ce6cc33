#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: claims_test.sh DOCUMENT TREE BUILD: what the table of a document says to be shown by a test
# has one: each name in its last column is a test (* for any), a function of the tests, or a file.
set -u
document=$1 tree=$2 build=$3
failures=0 names=0
fail() { echo "FAILED $*"; failures=$((failures + 1)); }
# Not asked of ctest: that would begin its log anew, in the middle of a run.
tests=$(find "$build" -name CTestTestfile.cmake -exec sed -n 's/^add_test(\[*=*\[*\([^] ]*\).*/\1/p' {} +)
is_test() { local t; for t in $tests; do [[ $t == $1 ]] && return; done; return 1; }
is_function() { grep -rqE "^(static )?void $1\\(void \\*\\*state\\)" "$tree/tests"; }
shows() { # shows NAME: it is there
    case $1 in
    */*) [ -e "$tree/$1" ] ;;
    *) is_test "$1" || is_function "$1" ;;
    esac
}
rows=0
while IFS= read -r row; do
    claim=$(sed 's/^| *\([^|]*[^| ]\) *|.*/\1/' <<<"$row")
    shown=$(sed 's/.*| *\([^|]*\)|$/\1/' <<<"$row" | grep -oE '`[^`]+`' | tr -d '`')
    rows=$((rows + 1))
    [ -n "$shown" ] || fail "$claim: nothing shows it"
    set -f # names with * are patterns of tests, not of files
    for name in $shown; do
        names=$((names + 1))
        shows "$name" || fail "$claim: there is no $name"
    done
    set +f
done < <(sed -n '/^|---/,/^$/p' "$document" | grep '^| ')
[ $rows -gt 10 ] || fail "the table has $rows rows"
# It can fail.
! shows no_such_test || fail "anything is taken for a test"
! shows tests/none || fail "anything is taken for a file"
echo "claims: rows=$rows names=$names failures=$failures"
[ $failures = 0 ]
