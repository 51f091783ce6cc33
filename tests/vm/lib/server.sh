# SPDX-License-Identifier: MIT
# gma-vfio-user, which serves the model to QEMU. Sourced after qemu.sh.

server_pid=

# server_start DIRECTORY CHIP [OPTION...]: waits until its socket is there. 'server' in DIRECTORY gets its lines.
server_start() {
    local directory=$1 chip=$2 i; shift 2
    rm -f "$directory"/{socket,server,screen.png}
    "$vm_build/bin/gma-vfio-user" --socket "$directory/socket" --device "model:$chip" \
        --screenshot "$directory/screen.png" --trace-registers "$directory/registers" \
        "$@" >"$directory/server" 2>&1 </dev/null &
    server_pid=$!
    for ((i = 0; i < 100; i++)); do
        [ -S "$directory/socket" ] && return
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$directory/server" >&2
    die "gma-vfio-user does not serve $chip"
}

server_stop() {
    [ -n "$server_pid" ] || return 0
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
    server_pid=
}

# server_shot DIRECTORY NAME: what the modelled monitor shows, as NAME.png.
server_shot() {
    local directory=$1 i
    rm -f "$directory/screen.png"
    kill -USR1 "$server_pid"
    for ((i = 0; i < 50; i++)); do
        if [ -e "$directory/screen.png" ]; then
            mv "$directory/screen.png" "$directory/$2.png"
            return
        fi
        sleep 0.1
    done
    say "vm: no screenshot of $2"
    return 1
}

# server_device DIRECTORY: the device, at 0:2.0; it brings its BIOS along.
server_device() {
    vm_device=(-device "{\"driver\":\"vfio-user-pci\",\"addr\":\"02.0\",\"bus\":\"pcie.0\",\"x-msg-timeout\":60000,\"socket\":{\"path\":\"$1/socket\",\"type\":\"unix\"}}")
}

# server_shots DIRECTORY MACHINE [NAME]: waits for the process of a boot, and takes a screenshot each time
# when the guest says "vm: show=NAME"; as NAME.png, whatever the guest called it, when it is given.
server_shots() {
    local directory=$1 machine=$2 name=${3:-} shown=0 asked
    while kill -0 "$machine" 2>/dev/null; do
        asked=$(sed -n 's/^vm: show=//p' "$directory/results" 2>/dev/null | tr -d '\r' | sed -n "$((shown + 1))p")
        if [ -n "$asked" ]; then
            shown=$((shown + 1))
            server_shot "$directory" "${name:-$asked}" || true
        fi
        sleep 0.3
    done
    wait "$machine"
}
