# SPDX-License-Identifier: MIT
# The tests of CTest that run in the guest with the daemon on the PCI device. Sourced before gemd.sh.

# The only ones that do not, each with its reason. What is neither here nor run is an error.
shopt -s extglob
tests_left_out=(
    'service_strict_*' 'each runs strict in the guest anyway'
    'daemon_@(remains|monitor|suspend|panel)_test' 'the daemon is a thread of the test, on the model'
    'daemon_@(record|reduce)_test' 'recordings play on models of their own: minutes in the guest'
    'daemon_plug_test' 'a plug that only the model has'
    'daemon_live_test' 'models with memory of other kinds; the tests of the screen compare what viewers get'
    'view_*' 'a client with a desktop, which the guest has not'
    'faults_reconnect_test' 'a client whose daemons end one after another: minutes'
    'faults_@(message|chaos)_test' 'messages, and failures of the system: the device has no part'
    'service_@(policy|hook)_test' 'what clients and code in the daemon may: the device has no part'
    'service_@(sandbox|units|device)' 'scripts, about systemd and about devices that are not there'
    'soak_sessions' 'hundreds of sessions, on the model'
    'gl_conformance' 'thousands of drawings'
    'egl_@(display|context|surface|image|extension|dmabuf|dmabuf_refused|export|bind_wayland)_@(test|on_daemon)' 'a client: egl_present_test has as much of the device'
    'egl_@(sync|sync_across|memory)_test' 'a client: egl_present_test has as much of the device'
    'egl_wayland*' 'a client: egl_present_test has as much of the device'
    'egl_gbm_*' 'a client: egl_present_test has as much of the device'
    'egl_x11_*' 'they need an X server, which the guest has not'
    'drm_*' 'a server between programs and the daemon, tried on the model'
)

# tests_all: of the build, "NAME SECONDS [VARIABLE=VALUE...] COMMAND...".
tests_all() { ctest --test-dir "$vm_build" --show-only=json-v1 | python3 "$vm_lib/tests.py"; }

# tests_reason NAME: why it is left out; fails when it is not.
tests_reason() {
    local i
    for ((i = 0; i < ${#tests_left_out[@]}; i += 2)); do
        # shellcheck disable=SC2053
        [[ $1 == ${tests_left_out[i]} ]] && { echo "${tests_left_out[i + 1]}"; return; }
    done
    return 1
}

# tests_select: of tests_all's lines on stdin those that run in the guest. A pattern that leaves none
# out is out of date, and an error.
tests_select() {
    local name rest reason i reasons=
    while read -r name rest; do
        if reason=$(tests_reason "$name"); then reasons+="$reason"$'\n'; else echo "$name $rest"; fi
    done
    for ((i = 1; i < ${#tests_left_out[@]}; i += 2)); do
        grep -qxF -- "${tests_left_out[i]}" <<<"$reasons" && continue
        say "vm: no test is called ${tests_left_out[i - 1]}, which is left out: ${tests_left_out[i]}"
        return 1
    done
}

# tests_root DIRECTORY: adds to judge_gl's root what they need, and their list as /tests.
tests_root() {
    local name rest word
    tests_all | tests_select >"$1/tests" || die "the tests of $vm_build are not those of tests/vm/lib/tests.sh"
    [ -s "$1/tests" ] || die "ctest knows no tests of the daemon in $vm_build"
    mkdir -p "$1"/{bin,etc}
    cp "$vm_guest/bin/busybox" "$1/bin/sh" # for popen()
    cp /etc/passwd /etc/group "$1/etc"
    for word in /usr/bin/env "$vm_build"/bin/gemctl "$vm_build"/lib/*.so*; do initramfs_file "$1" "$word"; done
    while read -r name rest; do
        for word in $rest; do
            if [[ $word == /* && -f $word && -x $word ]]; then initramfs_file "$1" "$word"; fi
        done
    done <"$1/tests"
}

# tests_missing DIRECTORY LIST: the names of LIST that have no result.
tests_missing() {
    local name rest
    while read -r name rest; do
        grep -q "^vm: gemd_test=$name status=" "$1/results" || printf ' %s' "$name"
    done <"$2"
}
