/* SPDX-License-Identifier: MIT */
#include "gemd/error_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gemd/chaos.h"
#include "gemd/validator/stream_file.h"
#include "hw/gen3/command.h"
#include "hw/gen3/disasm.h"
#include "proto/memfile.h"

static const char *const kinds[ERROR_KINDS] = {
    [ERROR_KIND_STILL] = "still",
    [ERROR_KIND_GPU] = "error",
    [ERROR_KIND_SLOW] = "slow",
    [ERROR_KIND_FAULT] = "page-fault",
};

static const char *const tilings[GEN3_TILINGS] = {"linear", "X", "Y", "Y of 915"};

/* The packet that holds a dword: its first one and the first behind it. */
struct packet_range {
    size_t first, end;
};

static struct packet_range find_packet(const uint32_t *words, size_t count, size_t dword)
{
    struct packet_range range = {0, 0};
    while (range.end <= dword && range.end < count) {
        range.first = range.end;
        const struct gen3_command *command = gen3_command_find(words[range.first]);
        uint32_t length = command != NULL ? gen3_command_length(command, words[range.first]) : 0;
        range.end += length > 0 ? length : 1;
    }
    return range;
}

static void print_time(FILE *out, const struct timespec *time)
{
    struct tm parts;
    char text[32] = "?";
    if (gmtime_r(&time->tv_sec, &parts) != NULL) {
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    }
    fprintf(out, "%s.%06ldZ", text, time->tv_nsec / 1000);
}

/* ---- text ---- */

static void print_line(FILE *out, const struct error_record *record)
{
    fprintf(out, "%" PRIu64 " ", record->number);
    print_time(out, &record->time);
    fprintf(out, " %s %s\n", kinds[record->kind], record->text);
}

struct text_lines {
    FILE *out;
    struct packet_range marked;
};

static void print_dword(void *data, size_t dword, uint32_t value, const char *text)
{
    const struct text_lines *lines = data;
    bool marked = dword >= lines->marked.first && dword < lines->marked.end;
    fprintf(lines->out, "%c %6zu  %08x  %s\n", marked ? '>' : ' ', dword, value, text);
}

static void print_words(FILE *out, const struct error_record *record)
{
    const struct validator_job *job = &record->job;
    struct text_lines lines = {out, find_packet(job->words, job->word_count, record->dword)};
    fprintf(out, "batch: %zu dwords, '>' marks the packet of dword %u\n", job->word_count,
            record->dword);
    (void)gen3_disasm(job->words, job->word_count, print_dword, &lines);
}

static void print_registers(FILE *out, const struct error_record *record)
{
    fputs("registers:\n", out);
    for (unsigned i = 0; i < ERROR_REGISTERS; i++) {
        fprintf(out, "  %-10s %08x\n", error_register_names[i], record->registers[i]);
    }
    for (uint32_t i = 0; i < record->fence_count; i++) {
        fprintf(out, "  FENCE %-4u %08x\n", i, record->fences[i]);
    }
}

static void print_ring(FILE *out, const struct error_record *record)
{
    fprintf(out, "ring: head at byte %05x\n", record->ring_head);
    for (uint32_t i = 0; i < ERROR_RING_WORDS; i++) {
        fprintf(out, "%c  +%03x  %08x\n", i == ERROR_RING_BACK ? '>' : ' ', 4 * i, record->ring[i]);
    }
}

static void print_buffers(FILE *out, const struct error_record *record)
{
    fputs("buffers:\n", out);
    for (size_t i = 0; i < record->job.buffer_count; i++) {
        const struct validator_buffer *b = &record->job.buffers[i];
        fprintf(out, "  %zu: handle %u, %" PRIu64 " bytes at 0x%08x, %s pitch %u\n", i, b->id,
                b->size, b->gtt_address, tilings[b->tiling], b->pitch);
    }
}

static void print_flights(FILE *out, const struct error_record *record)
{
    fputs("in flight:\n", out);
    for (uint32_t i = 0; i < record->flight_count; i++) {
        const struct error_flight *f = &record->flights[i];
        fprintf(out,
                "  session %u (%s, pid %d, uid %u): %u batches, %" PRIu64 " to %" PRIu64 "%s\n",
                f->session, f->name, f->pid, f->uid, f->batches, f->first, f->last,
                f->guilty ? ", guilty" : "");
    }
}

static void print_text(FILE *out, const struct error_record *record)
{
    fprintf(out, "error: %" PRIu64 "\nkind: %s\ntime: ", record->number, kinds[record->kind]);
    print_time(out, &record->time);
    fprintf(out, "\nuptime_seconds: %.6f\ntext: %s\n", (double)record->uptime_ns / 1e9,
            record->text);
    if (record->session != 0) {
        fprintf(out, "session: %u\nseqno: %" PRIu64 "\ndword: %u\n", record->session, record->seqno,
                record->dword);
    }
    print_registers(out, record);
    print_ring(out, record);
    print_flights(out, record);
    if (record->session != 0) {
        print_buffers(out, record);
        print_words(out, record);
    }
}

/* ---- JSON ---- */

static void json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            fprintf(out, "\\%c", *c);
        } else if (*c < 0x20 || *c >= 0x7f) {
            fprintf(out, "\\u%04x", *c);
        } else {
            fputc(*c, out);
        }
    }
    fputc('"', out);
}

static void json_dword(void *data, size_t dword, uint32_t value, const char *text)
{
    const struct text_lines *lines = data;
    bool marked = dword >= lines->marked.first && dword < lines->marked.end;
    fprintf(lines->out,
            "%s\n{\"dword\":%zu,\"value\":%u,\"marked\":%s,\"text\":", dword != 0 ? "," : "", dword,
            value, marked ? "true" : "false");
    json_string(lines->out, text);
    fputc('}', lines->out);
}

static void json_batch(FILE *out, const struct error_record *record)
{
    const struct validator_job *job = &record->job;
    struct text_lines lines = {out, find_packet(job->words, job->word_count, record->dword)};
    fprintf(out, ",\"session\":%u,\"seqno\":%" PRIu64 ",\"dword\":%u,\"buffers\":[",
            record->session, record->seqno, record->dword);
    for (size_t i = 0; i < job->buffer_count; i++) {
        const struct validator_buffer *b = &job->buffers[i];
        fprintf(out,
                "%s{\"handle\":%u,\"bytes\":%" PRIu64 ",\"gtt\":%u,\"tiling\":\"%s\",\"pitch\":%u}",
                i != 0 ? "," : "", b->id, b->size, b->gtt_address, tilings[b->tiling], b->pitch);
    }
    fputs("],\"batch\":[", out);
    (void)gen3_disasm(job->words, job->word_count, json_dword, &lines);
    fputc(']', out);
}

static void json_hardware(FILE *out, const struct error_record *record)
{
    fputs(",\"registers\":{", out);
    for (unsigned i = 0; i < ERROR_REGISTERS; i++) {
        fprintf(out, "%s\"%s\":%u", i != 0 ? "," : "", error_register_names[i],
                record->registers[i]);
    }
    fputs("},\"fences\":[", out);
    for (uint32_t i = 0; i < record->fence_count; i++) {
        fprintf(out, "%s%u", i != 0 ? "," : "", record->fences[i]);
    }
    fprintf(out, "],\"ring_head\":%u,\"ring_first\":%u,\"ring\":[", record->ring_head,
            record->ring_first);
    for (uint32_t i = 0; i < ERROR_RING_WORDS; i++) {
        fprintf(out, "%s%u", i != 0 ? "," : "", record->ring[i]);
    }
    fputc(']', out);
}

static void json_flights(FILE *out, const struct error_record *record)
{
    fputs(",\"in_flight\":[", out);
    for (uint32_t i = 0; i < record->flight_count; i++) {
        const struct error_flight *f = &record->flights[i];
        fprintf(out, "%s{\"session\":%u,\"name\":", i != 0 ? "," : "", f->session);
        json_string(out, f->name);
        fprintf(out,
                ",\"pid\":%d,\"uid\":%u,\"batches\":%u,\"first\":%" PRIu64 ",\"last\":%" PRIu64
                ",\"guilty\":%s}",
                f->pid, f->uid, f->batches, f->first, f->last, f->guilty ? "true" : "false");
    }
    fputc(']', out);
}

static void print_json(FILE *out, const struct error_record *record)
{
    fprintf(out, "{\"error\":%" PRIu64 ",\"kind\":\"%s\",\"time\":\"", record->number,
            kinds[record->kind]);
    print_time(out, &record->time);
    fprintf(out, "\",\"uptime_ns\":%" PRIu64 ",\"text\":", record->uptime_ns);
    json_string(out, record->text);
    json_hardware(out, record);
    json_flights(out, record);
    if (record->session != 0) {
        json_batch(out, record);
    }
    fputs("}\n", out);
}

/* ---- streams ---- */

static void print_stream(FILE *out, const struct error_record *record)
{
    if (record->job.word_count == 0) {
        return;
    }
    size_t size = stream_file_size(&record->job);
    uint8_t *bytes = chaos_hits(CHAOS_ALLOC_ERROR_STREAM) ? NULL : malloc(size);
    if (bytes != NULL) {
        stream_file_write(&record->job, record->session, record->seqno, bytes);
        (void)fwrite(bytes, 1, size, out); /* a failure is one of the whole file */
        free(bytes);
    }
}

/* ---- files ---- */

static const struct {
    void (*print)(FILE *out, const struct error_record *record);
    const char *begin, *between, *end;
} forms[] = {
    [GEMD_ERRORS_LIST] = {print_line, "", "", ""},
    [GEMD_ERRORS_TEXT] = {print_text, "", "\n", ""},
    [GEMD_ERRORS_JSON] = {print_json, "[\n", ",\n", "]\n"},
    [GEMD_ERRORS_STREAM] = {print_stream, "", "", ""},
};

static int write_file(const char *text, size_t size)
{
    int fd = chaos_hits(CHAOS_ALLOC_ERROR_FILE)
                 ? -ENOMEM
                 : memfile_create("gemd-errors", size > 0 ? size : 1);
    if (fd >= 0 && (chaos_hits(CHAOS_WRITE_ERRORS) || pwrite(fd, text, size, 0) != (ssize_t)size)) {
        close(fd);
        return -EIO;
    }
    return fd;
}

int error_report_write(const struct error_capture *capture, uint32_t form, uint64_t number,
                       uint64_t *bytes)
{
    const struct error_record *records[ERROR_CAPTURES] = {error_capture_find(capture, number)};
    unsigned count = number == 0 ? error_capture_list(capture, records) : 1;
    if (form >= sizeof(forms) / sizeof(forms[0])) {
        return -EINVAL;
    }
    if (count > 0 && records[0] == NULL) {
        return -ENOENT;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = chaos_hits(CHAOS_ALLOC_ERROR_TEXT) ? NULL : open_memstream(&text, &size);
    if (out == NULL) {
        return -ENOMEM;
    }
    fputs(forms[form].begin, out);
    for (unsigned i = 0; i < count; i++) {
        fputs(i > 0 ? forms[form].between : "", out);
        forms[form].print(out, records[i]);
    }
    fputs(forms[form].end, out);
    int fd = fclose(out) == 0 ? 0 : -ENOMEM;
    if (fd == 0) {
        fd = form == GEMD_ERRORS_STREAM && size == 0 ? -ENODATA : write_file(text, size);
    }
    free(text);
    *bytes = size;
    return fd;
}
