# SPDX-License-Identifier: MIT
# usage: install_test.sh CMAKE BUILD_DIR CC SANITIZERS
# Installs the client library to a directory of the test's own, and builds and runs a program
# against it as a stranger would: by pkg-config, in C and in C++.
set -eu
cmake=$1 build=$2 cc=$3 sanitize=$4
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$cmake" --install "$build" --component libgemd --prefix "$place" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$place" -name gemd.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --define-variable=prefix="$place" --cflags --libs gemd)
library=$(dirname "$(find "$place" -name libgemd.so.0)")
cat >"$place/program.c" <<'PROGRAM'
#include <gemd/gemd.h>
#include <stdio.h>

int main(void)
{
    struct gemd_connect_options options = {0};
    struct gemd_session *session;
    char reason[GEMD_TEXT_MAX];
    options.socket = "/nowhere/gemd.sock";
    int result = gemd_session_open(&options, &session, reason);
    puts(reason);
    return result < 0 && GEMD_MSG_HELLO == 1 ? 0 : 1;
}
PROGRAM
for language in c c++; do
    # shellcheck disable=SC2086
    "$cc" -x "$language" -Wall -Werror ${sanitize:+-fsanitize=$sanitize} \
        "$place/program.c" -x none -o "$place/program" $flags "-Wl,-rpath,$library"
    "$place/program" | grep -q "no daemon at /nowhere/gemd.sock"
done
