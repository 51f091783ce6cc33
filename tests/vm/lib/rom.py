# SPDX-License-Identifier: MIT
"""rom.py DEVICE-ID GMCH OUT: an option ROM for the modelled GPU that does what a BIOS of such a board
does before the kernel looks: it writes GMCH, the control word at 0x52 of the host bridge, which says
how much memory is stolen. QEMU's q35 bridge keeps it. The numbers are hexadecimal.
"""
import struct
import sys

SIZE = 2048
VENDOR = 0x8086
CODE_AT = 0x40
PCIR_AT = 0x1C


def code(gmch):
    return (b"\x66\x50\x52"  # push eax, dx
            b"\xba\xf8\x0c\x66\xb8" + struct.pack("<I", 0x80000050) + b"\x66\xef"  # CF8: 0:0.0, 0x50
            b"\xba\xfe\x0c\xb8" + struct.pack("<H", gmch) + b"\xef"  # CFE: the word at 0x52
            b"\x5a\x66\x58\xcb")  # pop dx, eax; far return


def rom(device, gmch):
    image = bytearray(SIZE)
    image[0:3] = struct.pack("<HB", 0xAA55, SIZE // 512)
    image[3:6] = b"\xe9" + struct.pack("<h", CODE_AT - 6)
    image[0x18:0x1A] = struct.pack("<H", PCIR_AT)
    # PCI Firmware Specification 3.0, 5.1.2: signature, ids, length, revision, class, size, last image
    image[PCIR_AT:PCIR_AT + 24] = struct.pack(
        "<4sHHHHB3sHHBBH", b"PCIR", VENDOR, device, 0, 24, 0, b"\x00\x00\x03", SIZE // 512, 0, 0, 0x80, 0)
    body = code(gmch)
    image[CODE_AT:CODE_AT + len(body)] = body
    image[-1] = -sum(image) & 0xFF
    return bytes(image)


if __name__ == "__main__":
    with open(sys.argv[3], "wb") as file:
        file.write(rom(int(sys.argv[1], 16), int(sys.argv[2], 16)))
