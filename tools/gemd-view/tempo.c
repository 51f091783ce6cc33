/* SPDX-License-Identifier: MIT */
#include "tools/gemd-view/tempo.h"

void tempo_add(struct tempo *tempo, const struct gemd_picture *picture)
{
    struct tempo_step *step = &tempo->steps[tempo->count % TEMPO_PICTURES];
    *step = (struct tempo_step){0};
    if (tempo->number != 0) {
        const uint64_t passed = picture->number - tempo->number;
        step->ns = picture->time_ns - tempo->time_ns;
        step->vblanks = (uint32_t)(picture->sequence - tempo->sequence);
        step->lost = passed > 1 ? (uint32_t)(passed - 1) : 0;
        tempo->lost += step->lost;
    }
    tempo->count++;
    tempo->time_ns = picture->time_ns;
    tempo->sequence = picture->sequence;
    tempo->number = picture->number;
}

void tempo_break(struct tempo *tempo)
{
    tempo->number = 0;
}

unsigned tempo_steps(const struct tempo *tempo)
{
    return tempo->count < TEMPO_PICTURES ? (unsigned)tempo->count : TEMPO_PICTURES;
}

const struct tempo_step *tempo_step(const struct tempo *tempo, unsigned index)
{
    return &tempo->steps[(tempo->count - tempo_steps(tempo) + index) % TEMPO_PICTURES];
}

double tempo_rate(const struct tempo *tempo)
{
    int64_t ns = 0;
    unsigned pictures = 0;
    for (unsigned i = tempo_steps(tempo); i > 0 && ns < 1000000000; i--) {
        const struct tempo_step *step = tempo_step(tempo, i - 1);
        if (step->ns <= 0) {
            break;
        }
        ns += step->ns;
        pictures += 1 + step->lost;
    }
    return ns > 0 ? pictures * 1e9 / (double)ns : 0;
}
