/* SPDX-License-Identifier: MIT */
#include "proto/codec.h"

#include <stdio.h>
#include <string.h>

#define GEMD_MESSAGE(number, NAME, body, direction, fds, who, meaning)                             \
    {number, sizeof(struct body), fds, CODEC_##direction, CODEC_##who, #NAME, #body, meaning},
const struct codec_message codec_messages[] = {
#include "proto/messages.def"
};
#undef GEMD_MESSAGE
const size_t codec_message_count = sizeof(codec_messages) / sizeof(codec_messages[0]);

#define GEMD_MESSAGE(number, NAME, body, direction, fds, who, meaning)                             \
    _Static_assert(sizeof(struct body) <= GEMD_MESSAGE_MAX, #NAME " is too large");                \
    _Static_assert((fds) <= GEMD_FDS_MAX, #NAME " has too many descriptors");
#include "proto/messages.def"
#undef GEMD_MESSAGE

#define FIELD_SIZE(body, field) sizeof(((const struct body *)0)->field)
#define GEMD_FIELD(body, field, kind, meaning)                                                     \
    {#body, #field, offsetof(struct body, field), FIELD_SIZE(body, field), CODEC_##kind, meaning},
const struct codec_field codec_fields[] = {
#include "proto/fields.def"
};
#undef GEMD_FIELD
const size_t codec_field_count = sizeof(codec_fields) / sizeof(codec_fields[0]);

const struct codec_message *codec_message(uint32_t type)
{
    for (size_t i = 0; i < codec_message_count; i++) {
        if (codec_messages[i].type == type) {
            return &codec_messages[i];
        }
    }
    return NULL;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool is_control(uint8_t byte)
{
    return byte < 0x20 || byte == 0x7f;
}

/* What is wrong with a field's bytes; NULL when nothing is. */
static const char *field_fault(const struct codec_field *field, const uint8_t *bytes)
{
    if (field->kind == CODEC_ZERO) {
        return all_zero(bytes, field->size) ? NULL : "is reserved and not zero";
    }
    if (field->kind != CODEC_TEXT) {
        return NULL;
    }
    size_t length = strnlen((const char *)bytes, field->size);
    if (length == field->size) {
        return "is not terminated";
    }
    for (size_t i = 0; i < length; i++) {
        if (is_control(bytes[i])) {
            return "holds a control character";
        }
    }
    return all_zero(bytes + length, field->size - length) ? NULL : "goes on after its end";
}

static bool fields_fit(const struct codec_message *row, const uint8_t *data,
                       char reason[GEMD_TEXT_MAX])
{
    for (size_t i = 0; i < codec_field_count; i++) {
        const struct codec_field *field = &codec_fields[i];
        if (field->kind == CODEC_VALUE || strcmp(field->body, row->body) != 0) {
            continue;
        }
        const char *fault = field_fault(field, data + field->offset);
        if (fault != NULL) {
            snprintf(reason, GEMD_TEXT_MAX, "%s: field '%s' %s", row->name, field->name, fault);
            return false;
        }
    }
    return true;
}

const struct codec_message *codec_check(const void *data, size_t size, unsigned fd_count,
                                        enum codec_direction direction, char reason[GEMD_TEXT_MAX])
{
    struct gemd_msg_header header;
    if (size < sizeof(header)) {
        snprintf(reason, GEMD_TEXT_MAX, "packet of %zu bytes is shorter than a header of %zu", size,
                 sizeof(header));
        return NULL;
    }
    memcpy(&header, data, sizeof(header));
    const struct codec_message *row = codec_message(header.type);
    if (row == NULL) {
        snprintf(reason, GEMD_TEXT_MAX, "unknown message type %u", header.type);
        return NULL;
    }
    if (row->direction != direction) {
        snprintf(reason, GEMD_TEXT_MAX, "%s is not sent in this direction", row->name);
        return NULL;
    }
    if (size != row->size || header.size != row->size) {
        snprintf(reason, GEMD_TEXT_MAX, "%s: packet of %zu bytes says %u, must be %u", row->name,
                 size, header.size, row->size);
        return NULL;
    }
    if (fd_count != row->fds) {
        snprintf(reason, GEMD_TEXT_MAX, "%s: %u descriptors, must be %u", row->name, fd_count,
                 row->fds);
        return NULL;
    }
    return fields_fit(row, data, reason) ? row : NULL;
}

void codec_begin(void *message, uint32_t type, uint64_t serial)
{
    const struct codec_message *row = codec_message(type);
    struct gemd_msg_header *header = message;
    if (row == NULL) {
        return;
    }
    memset(message, 0, row->size);
    header->type = type;
    header->size = row->size;
    header->serial = serial;
}

void codec_set_text(char *field, size_t size, const char *text)
{
    size_t length = text == NULL ? 0 : strnlen(text, size);
    if (length >= size) {
        length = size - 1;
        /* The byte that is cut off first continues a character: give up that character. */
        while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memset(field, 0, size);
    for (size_t i = 0; i < length; i++) {
        field[i] = is_control((uint8_t)text[i]) ? '?' : text[i];
    }
}
