#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: chipsets.sh GEMD NAME...: these and g33 are the models that the daemon lists.
gemd=$1
shift
diff <("$gemd" --device help | grep '^model:' | sed 's/\[.*//' | sort) <(printf 'model:%s\n' g33 "$@" | sort)
