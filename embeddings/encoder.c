/* multilingual-e5-small in the arithmetic of its four-bit file: weights of four bits and inputs
 * rounded to eight, both with a scale per 32, multiplied as integers (Q4_0 by Q8_0 of llama.cpp).
 *
 * Weights lie in panels of 32 outputs: per block of 32 inputs eight steps, of four inputs of each
 * output, as processors' sums of products of bytes take them. A byte holds one weight of the first
 * four steps and one of the last. They are unpacked a panel at a time, which then stays in the
 * nearest caches while all tokens go by; some tokens share each load.
 *
 * Such products are of unsigned and signed bytes. So inputs are 128 more than they are, and what
 * that adds, 128 times the sum of a block's weights, is taken away first: `zeros`.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#define BLOCK 32 /* numbers with a scale of their own, outputs of a panel */
#define HEAD BLOCK
#define EXPONENT 0.255034925f /* log2(e) / sqrt(HEAD): weights are powers of two */
#define STEPS (BLOCK / 4)
#define STEP (BLOCK * 4)         /* weights */
#define PAIRS (BLOCK * BLOCK / 2)
#define ZERO 8                   /* the nibble of a weight of nothing */
#define PACKED (2 + BLOCK / 2)   /* bytes of a block in the file: its scale in half precision first */
#define QUERIES 6                /* in attention, at once */
#define FILLED(n) (((n) + 15) / 16 * 16)
#define WHOLE 12582912.0f        /* added to a number, its lowest bits are those of a whole one */
#define BEYOND 4.8f              /* where of a normal distribution next to nothing is left */
#define ALIGNED 64

#define floats NAME(floats)
#define ints NAME(ints)
#define HERE static inline __attribute__((always_inline)) TARGET
#define APART static __attribute__((noinline)) TARGET

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

struct linear { /* of `x W^T + b` */
    const uint8_t *nibbles;
    const float *scales;
    const int32_t *zeros;
    const float *bias;
    int32_t outputs, inputs;
};

struct normal {
    const float *weight, *bias;
};

struct layer {
    struct linear attend, mix, widen, narrow;
    struct normal after_attention, after_inner;
};

struct model {
    const struct layer *layer;
    const uint8_t *words; /* as they are in the file */
    const float *places;
    struct normal first;
    float epsilon;
    int32_t layers, hidden, inner;
};

struct rounded { /* (tokens, blocks) of 32 bytes and of a scale */
    uint8_t *bytes;
    float *scales;
};

struct room {
    float *x, *projected, *scratch;
    struct rounded narrow, wide;
    int8_t *panel;
};

static inline struct rounded part_of(const struct rounded *whole, size_t block) {
    struct rounded found = {whole->bytes + block * BLOCK, whole->scales + block};
    return found;
}

static inline int32_t four(const uint8_t *bytes) {
    int32_t found;
    memcpy(&found, bytes, sizeof found);
    return found;
}

static float half(const uint8_t *bytes) {
    uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8, rest = bits & 0x3ff;
    int exponent = bits >> 10 & 31;
    float size = exponent ? ldexpf((float)(rest | 0x400), exponent - 25) : ldexpf((float)rest, -24);
    return bits & 0x8000 ? -size : size;
}

static int nibble(const uint8_t *block, int at) {
    uint8_t both = block[2 + at % (BLOCK / 2)];
    return at < BLOCK / 2 ? both & 15 : both >> 4;
}

static void embedded(const struct model *model, int32_t id, int place, float *x) {
    int blocks = model->hidden / BLOCK;
    const uint8_t *word = model->words + (size_t)id * blocks * PACKED;
    const float *places = model->places + (size_t)place * model->hidden;
    for (int block = 0; block < blocks; block++, word += PACKED, places += BLOCK, x += BLOCK) {
        float scale = half(word);
        for (int at = 0; at < BLOCK; at++)
            x[at] = (float)(nibble(word, at) - ZERO) * scale + places[at];
    }
}

/* A matrix of the file in panels; of scales and zeros there is one per output and block. */
EXPORTED void rasika_pack(
    const uint8_t *file, int32_t outputs, int32_t inputs, uint8_t *nibbles, float *scales,
    int32_t *zeros
) {
    int blocks = inputs / BLOCK;
    for (int output = 0; output < outputs; output++)
        for (int block = 0; block < blocks; block++, file += PACKED) {
            size_t number = (size_t)(output / BLOCK) * blocks + block;
            size_t own = number * BLOCK + output % BLOCK;
            uint8_t *to = nibbles + number * PAIRS + output % BLOCK * 4;
            int32_t sum = -ZERO * BLOCK;
            for (int at = 0; at < BLOCK / 2; at++) {
                int low = nibble(file, at), high = nibble(file, at + BLOCK / 2);
                to[at / 4 * STEP + at % 4] = (uint8_t)(low | high << 4);
                sum += low + high;
            }
            scales[own] = half(file);
            zeros[own] = -128 * sum;
        }
}

#if defined(__x86_64__)

/* AVX2: sums of pairs in 16 bits, of which eight of the greatest (2 * 255 * 8) fit. */
#define NAME(what) avx2_##what
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define MOST 2

typedef float avx2_floats __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t avx2_ints __attribute__((vector_size(32), aligned(4), may_alias));

HERE floats avx2_greater(floats x, floats other) {
    return (floats)_mm256_max_ps((__m256)x, (__m256)other);
}

HERE float avx2_sum(floats x) {
    __m128 high = _mm256_extractf128_ps((__m256)x, 1);
    __m128 found = _mm_add_ps(_mm256_castps256_ps128((__m256)x), high);
    found = _mm_add_ps(found, _mm_movehl_ps(found, found));
    return _mm_cvtss_f32(_mm_add_ss(found, _mm_movehdup_ps(found)));
}

HERE float avx2_greatest(floats x) {
    __m128 high = _mm256_extractf128_ps((__m256)x, 1);
    __m128 found = _mm_max_ps(_mm256_castps256_ps128((__m256)x), high);
    found = _mm_max_ps(found, _mm_movehl_ps(found, found));
    return _mm_cvtss_f32(_mm_max_ss(found, _mm_movehdup_ps(found)));
}

HERE void avx2_lowest(ints x, uint8_t *to) {
    __m256i bytes = _mm256_and_si256((__m256i)x, _mm256_set1_epi32(255));
    __m128i high = _mm256_extracti128_si256(bytes, 1);
    __m128i both = _mm_packus_epi32(_mm256_castsi256_si128(bytes), high);
    _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(both, both));
}

/* Half a panel by `count` tokens. */
HERE void avx2_tokens(
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct rounded *x,
    int blocks, const int count, float (*product)[BLOCK]
) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256 found[MOST][2];
    for (int token = 0; token < count; token++)
        found[token][0] = found[token][1] = _mm256_setzero_ps();
    for (int block = 0; block < blocks; block++) {
        __m256i pairs[MOST][2];
#pragma GCC unroll 8
        for (int step = 0; step < STEPS; step++, panel += STEP)
#pragma GCC unroll 4
            for (int token = 0; token < count; token++) {
                const uint8_t *bytes = x->bytes + ((size_t)token * blocks + block) * BLOCK;
                __m256i by = _mm256_set1_epi32(four(bytes + step * 4));
#pragma GCC unroll 4
                for (int part = 0; part < 2; part++) {
                    __m256i weights = _mm256_loadu_si256((const __m256i *)(panel + part * 32));
                    __m256i pair = _mm256_maddubs_epi16(by, weights);
                    pairs[token][part] =
                        step ? _mm256_add_epi16(pairs[token][part], pair) : pair;
                }
            }
        for (int part = 0; part < 2; part++) {
            int at = block * BLOCK + part * 8;
            __m256 own = _mm256_loadu_ps(scales + at);
            __m256i zero = _mm256_loadu_si256((const __m256i *)(zeros + at));
            for (int token = 0; token < count; token++) {
                __m256 scale = _mm256_set1_ps(x->scales[(size_t)token * blocks + block]);
                __m256i sums = _mm256_add_epi32(_mm256_madd_epi16(pairs[token][part], ones), zero);
                found[token][part] = _mm256_fmadd_ps(
                    _mm256_cvtepi32_ps(sums), _mm256_mul_ps(own, scale), found[token][part]
                );
            }
        }
    }
    for (int token = 0; token < count; token++)
        for (int part = 0; part < 2; part++)
            _mm256_storeu_ps(product[token] + part * 8, found[token][part]);
}

static TARGET void avx2_tile(
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct rounded *x,
    int blocks, int count, float (*product)[BLOCK]
) {
    for (int half = 0; half < BLOCK; half += BLOCK / 2) {
        float(*into)[BLOCK] = (float(*)[BLOCK])(product[0] + half);
        if (count == MOST)
            avx2_tokens(panel + half * 4, scales + half, zeros + half, x, blocks, MOST, into);
        else
            avx2_tokens(panel + half * 4, scales + half, zeros + half, x, blocks, 1, into);
    }
}

#include "encoder.h"

/* AVX-512 VNNI: sums of four in 32 bits. */
#define NAME(what) vnni_##what
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))
#define LANES 16
#define MOST 4

typedef float vnni_floats __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t vnni_ints __attribute__((vector_size(64), aligned(4), may_alias));

HERE floats vnni_greater(floats x, floats other) {
    return (floats)_mm512_max_ps((__m512)x, (__m512)other);
}

HERE float vnni_sum(floats x) { return _mm512_reduce_add_ps((__m512)x); }
HERE float vnni_greatest(floats x) { return _mm512_reduce_max_ps((__m512)x); }

HERE void vnni_lowest(ints x, uint8_t *to) {
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8((__m512i)x));
}

HERE void vnni_tokens(
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct rounded *x,
    int blocks, const int count, float (*product)[BLOCK]
) {
    __m512 found[MOST][2];
    for (int token = 0; token < count; token++)
        found[token][0] = found[token][1] = _mm512_setzero_ps();
    for (int block = 0; block < blocks; block++, scales += BLOCK, zeros += BLOCK) {
        __m512i sums[MOST][2];
        for (int token = 0; token < count; token++) {
            sums[token][0] = _mm512_loadu_si512(zeros);
            sums[token][1] = _mm512_loadu_si512(zeros + 16);
        }
#pragma GCC unroll 8
        for (int step = 0; step < STEPS; step++, panel += STEP) {
            __m512i left = _mm512_loadu_si512(panel);
            __m512i right = _mm512_loadu_si512(panel + 64);
            for (int token = 0; token < count; token++) {
                const uint8_t *bytes = x->bytes + ((size_t)token * blocks + block) * BLOCK;
                __m512i by = _mm512_set1_epi32(four(bytes + step * 4));
                sums[token][0] = _mm512_dpbusd_epi32(sums[token][0], by, left);
                sums[token][1] = _mm512_dpbusd_epi32(sums[token][1], by, right);
            }
        }
        __m512 left = _mm512_loadu_ps(scales), right = _mm512_loadu_ps(scales + 16);
        for (int token = 0; token < count; token++) {
            __m512 scale = _mm512_set1_ps(x->scales[(size_t)token * blocks + block]);
            found[token][0] = _mm512_fmadd_ps(
                _mm512_cvtepi32_ps(sums[token][0]), _mm512_mul_ps(left, scale), found[token][0]
            );
            found[token][1] = _mm512_fmadd_ps(
                _mm512_cvtepi32_ps(sums[token][1]), _mm512_mul_ps(right, scale), found[token][1]
            );
        }
    }
    for (int token = 0; token < count; token++) {
        _mm512_storeu_ps(product[token], found[token][0]);
        _mm512_storeu_ps(product[token] + 16, found[token][1]);
    }
}

static TARGET void vnni_tile(
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct rounded *x,
    int blocks, int count, float (*product)[BLOCK]
) {
    switch (count) {
    case 1: vnni_tokens(panel, scales, zeros, x, blocks, 1, product); break;
    case 2: vnni_tokens(panel, scales, zeros, x, blocks, 2, product); break;
    case 3: vnni_tokens(panel, scales, zeros, x, blocks, 3, product); break;
    default: vnni_tokens(panel, scales, zeros, x, blocks, MOST, product);
    }
}

#include "encoder.h"
#endif

/* Quickest first. */
enum { VNNI, AVX2, WAYS };

static const char *const NAMES[] = {"AVX-512 VNNI", "AVX2"};

static int known(int32_t way) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (way == AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    (void)way;
    return 0;
#endif
}

/* The name of a way through the model; empty where this processor lacks it, none past the last. */
EXPORTED const char *rasika_way(int32_t way) {
    return way < 0 || way >= WAYS ? NULL : known(way) ? NAMES[way] : "";
}

/* Whether this processor multiplies tiles of bfloat16 (AMX), which nothing here does. */
EXPORTED int32_t rasika_tiles(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1);
#else
    return 0;
#endif
}

static void *taken(char **from, size_t bytes) {
    void *found = *from;
    *from += (bytes + ALIGNED - 1) / ALIGNED * ALIGNED;
    return found;
}

static struct rounded some(char **from, size_t numbers) {
    struct rounded found;
    found.bytes = taken(from, numbers);
    found.scales = taken(from, numbers / BLOCK * sizeof(float));
    return found;
}

static size_t laid_out(
    struct room *room, char *memory, const struct model *model, size_t tokens, size_t longest
) {
    char *from = memory;
    size_t hidden = model->hidden, inner = model->inner;
    room->x = taken(&from, tokens * hidden * sizeof(float));
    /* The last queries of attention are read QUERIES at a time. */
    room->projected = taken(&from, (tokens + QUERIES) * 3 * hidden * sizeof(float));
    room->scratch = taken(&from, FILLED(longest) * (HEAD + QUERIES) * sizeof(float));
    room->narrow = some(&from, tokens * hidden);
    room->wide = some(&from, tokens * inner);
    room->panel = taken(&from, BLOCK * (inner > hidden ? inner : hidden));
    return (size_t)(from - memory);
}

/* The mean (hidden,) of the last layer over each sequence; their tokens follow one another in
 * `ids`. Returns whether there was memory for it. */
EXPORTED int32_t rasika_means(
    const struct model *model, int32_t way, const int32_t *ids, const int32_t *lengths,
    int32_t sequences, float *means
) {
    size_t tokens = 0, longest = 0;
    for (int number = 0; number < sequences; number++) {
        tokens += lengths[number];
        if ((size_t)lengths[number] > longest) longest = lengths[number];
    }
    struct room room;
    char *memory = malloc(laid_out(&room, NULL, model, tokens, longest) + ALIGNED);
    if (!memory) return 0;
    laid_out(&room, memory + (ALIGNED - (uintptr_t)memory % ALIGNED), model, tokens, longest);
    size_t row = 3 * (size_t)model->hidden;
    memset(room.projected + tokens * row, 0, QUERIES * row * sizeof(float));
#if defined(__x86_64__)
    (way == VNNI ? vnni_pass : avx2_pass)(model, ids, lengths, sequences, &room, means);
#else
    (void)way, (void)ids, (void)means;
#endif
    free(memory);
    return 1;
}
