# SPDX-License-Identifier: MIT
"""kernel.py BZIMAGE OUT: takes the ELF kernel out of a bzImage, for booting by PVH, which is faster.

The header is that of Documentation/arch/x86/boot.rst: setup_sects at 0x1f1, payload_offset and
payload_length at 0x248 and 0x24c since protocol 2.08.
"""
import lzma
import struct
import sys
import zlib


def payload(image):
    if image[0x202:0x206] != b"HdrS" or struct.unpack_from("<H", image, 0x206)[0] < 0x208:
        raise ValueError("no bzImage of boot protocol 2.08 or later")
    sectors = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    return image[start:start + length]


def unpack(data):
    if data[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(data)
    if data[:2] == b"\x1f\x8b":
        return zlib.decompressobj(31).decompress(data)
    raise ValueError("payload is neither xz nor gzip")


def main(source, target):
    with open(source, "rb") as file:
        image = file.read()
    kernel = unpack(payload(image))
    if kernel[:4] != b"\x7fELF":
        raise ValueError("what is inside is no ELF file")
    with open(target, "wb") as file:
        file.write(kernel)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, lzma.LZMAError, zlib.error, IndexError) as error:
        sys.exit("kernel.py: %s: %s" % (sys.argv[1], error))
