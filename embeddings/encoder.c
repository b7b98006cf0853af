/* Runs multilingual-e5-small in the arithmetic of its four-bit file: four-bit weights and inputs
 * rounded to eight bits, both with a scale per 32, multiplied as integers (Q4_0 by Q8_0 of
 * llama.cpp).
 *
 * Weights are packed in panels of 32 outputs. Per block of 32 inputs a panel has eight steps, each
 * of four inputs of every output: the layout that the processor's sums of byte products take. A
 * byte holds one weight of the first four steps and one of the last four. A panel is unpacked once
 * per pass and stays in the nearest caches while all tokens are multiplied with it; several tokens
 * share each load.
 *
 * The instructions multiply unsigned by signed bytes, so inputs are stored with 128 added. That
 * adds 128 times the sum of a block's weights, which `zeros` subtracts beforehand.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define BLOCK 32 /* numbers that share a scale; outputs of a panel */
#define HEAD_SIZE BLOCK
#define LOG2_ATTENTION_SCALE 0.255034925f /* log2(e) / sqrt(HEAD_SIZE): weights are powers of 2 */
#define STEPS_PER_BLOCK (BLOCK / 4)
#define STEP_WEIGHTS (BLOCK * 4)
#define PANEL_BLOCK_BYTES (BLOCK * BLOCK / 2)
#define ZERO_NIBBLE 8 /* the nibble of the weight 0 */
#define FILE_BLOCK_BYTES (2 + BLOCK / 2) /* a half-precision scale, then the nibbles */
#define QUERIES_AT_ONCE 6 /* in attention */
#define PADDED_LENGTH(n) (((n) + 15) / 16 * 16)
#define ROUNDING_OFFSET 12582912.0f /* 1.5 * 2^23: adding it rounds to a whole number */
#define GELU_CUTOFF 4.8f /* beyond it GELU is 0 or x, within float precision */
#define ALIGNMENT_BYTES 64

#define floats NAME(floats)
#define ints NAME(ints)
#define INLINED static inline __attribute__((always_inline)) TARGET
#define NOT_INLINED static __attribute__((noinline)) TARGET

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

struct linear { /* x W^T + b */
    const uint8_t *nibbles;
    const float *scales;
    const int32_t *zeros;
    const float *bias;
    int32_t outputs, inputs;
};

struct norm {
    const float *weight, *bias;
};

struct layer {
    struct linear qkv, attention_output, feed_forward_in, feed_forward_out;
    struct norm attention_norm, output_norm;
};

struct model {
    const struct layer *layer_array;
    const uint8_t *word_embeddings; /* blocks as in the file */
    const float *position_embeddings;
    struct norm embedding_norm;
    float epsilon;
    int32_t layers, hidden, inner;
};

struct quantized { /* (tokens, blocks): 32 bytes and a scale per block */
    uint8_t *bytes;
    float *scales;
};

struct workspace {
    float *x, *projected, *scratch;
    struct quantized narrow, wide;
    int8_t *panel;
};

static inline struct quantized offset_by(const struct quantized *from, size_t block) {
    struct quantized found = {from->bytes + block * BLOCK, from->scales + block};
    return found;
}

static inline int32_t load_int32(const uint8_t *bytes) {
    int32_t found;
    memcpy(&found, bytes, sizeof found);
    return found;
}

static float half_to_float(const uint8_t *bytes) {
    uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8, rest = bits & 0x3ff;
    int exponent = bits >> 10 & 31;
    float size = exponent ? ldexpf((float)(rest | 0x400), exponent - 25) : ldexpf((float)rest, -24);
    return bits & 0x8000 ? -size : size;
}

static int nibble(const uint8_t *block, int at) {
    uint8_t both = block[2 + at % (BLOCK / 2)];
    return at < BLOCK / 2 ? both & 15 : both >> 4;
}

static void embed_token(const struct model *model, int32_t id, int index, float *x) {
    int blocks = model->hidden / BLOCK;
    const uint8_t *word = model->word_embeddings + (size_t)id * blocks * FILE_BLOCK_BYTES;
    const float *position = model->position_embeddings + (size_t)index * model->hidden;
    for (int block = 0; block < blocks;
         block++, word += FILE_BLOCK_BYTES, position += BLOCK, x += BLOCK) {
        float scale = half_to_float(word);
        for (int at = 0; at < BLOCK; at++)
            x[at] = (float)(nibble(word, at) - ZERO_NIBBLE) * scale + position[at];
    }
}

/* Packs a matrix of the file into panels, with a scale and a zero per output and block. */
EXPORTED void rasika_pack(
    const uint8_t *file, int32_t outputs, int32_t inputs, uint8_t *nibbles, float *scales,
    int32_t *zeros
) {
    int blocks = inputs / BLOCK;
    for (int output = 0; output < outputs; output++)
        for (int block = 0; block < blocks; block++, file += FILE_BLOCK_BYTES) {
            size_t number = (size_t)(output / BLOCK) * blocks + block;
            size_t own = number * BLOCK + output % BLOCK;
            uint8_t *to = nibbles + number * PANEL_BLOCK_BYTES + output % BLOCK * 4;
            int32_t sum = -ZERO_NIBBLE * BLOCK;
            for (int at = 0; at < BLOCK / 2; at++) {
                int low = nibble(file, at), high = nibble(file, at + BLOCK / 2);
                to[at / 4 * STEP_WEIGHTS + at % 4] = (uint8_t)(low | high << 4);
                sum += low + high;
            }
            scales[own] = half_to_float(file);
            zeros[own] = -128 * sum;
        }
}

#if defined(__x86_64__)

/* AVX2: sums of pairs in 16 bits; eight of the largest pairs (2 * 255 * 8) fit without overflow. */
#define NAME(what) avx2_##what
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define MAX_TILE_TOKENS 2

typedef float avx2_floats __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t avx2_ints __attribute__((vector_size(32), aligned(4), may_alias));

INLINED floats avx2_maximum(floats x, floats other) {
    return (floats)_mm256_max_ps((__m256)x, (__m256)other);
}

INLINED float avx2_sum(floats x) {
    __m128 high = _mm256_extractf128_ps((__m256)x, 1);
    __m128 found = _mm_add_ps(_mm256_castps256_ps128((__m256)x), high);
    found = _mm_add_ps(found, _mm_movehl_ps(found, found));
    return _mm_cvtss_f32(_mm_add_ss(found, _mm_movehdup_ps(found)));
}

INLINED float avx2_largest_lane(floats x) {
    __m128 high = _mm256_extractf128_ps((__m256)x, 1);
    __m128 found = _mm_max_ps(_mm256_castps256_ps128((__m256)x), high);
    found = _mm_max_ps(found, _mm_movehl_ps(found, found));
    return _mm_cvtss_f32(_mm_max_ss(found, _mm_movehdup_ps(found)));
}

INLINED void avx2_store_low_bytes(ints x, uint8_t *to) {
    __m256i bytes = _mm256_and_si256((__m256i)x, _mm256_set1_epi32(255));
    __m128i high = _mm256_extracti128_si256(bytes, 1);
    __m128i both = _mm_packus_epi32(_mm256_castsi256_si128(bytes), high);
    _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(both, both));
}

/* Multiplies half a panel by `count` tokens. */
INLINED void avx2_half_tile(
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct quantized *x,
    int blocks, const int count, float (*product)[BLOCK]
) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256 found[MAX_TILE_TOKENS][2];
    for (int token = 0; token < count; token++)
        found[token][0] = found[token][1] = _mm256_setzero_ps();
    for (int block = 0; block < blocks; block++) {
        __m256i pairs[MAX_TILE_TOKENS][2];
#pragma GCC unroll 8
        for (int step = 0; step < STEPS_PER_BLOCK; step++, panel += STEP_WEIGHTS)
#pragma GCC unroll 4
            for (int token = 0; token < count; token++) {
                const uint8_t *bytes = x->bytes + ((size_t)token * blocks + block) * BLOCK;
                __m256i by = _mm256_set1_epi32(load_int32(bytes + step * 4));
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
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct quantized *x,
    int blocks, int count, float (*product)[BLOCK]
) {
    for (int half = 0; half < BLOCK; half += BLOCK / 2) {
        float(*into)[BLOCK] = (float(*)[BLOCK])(product[0] + half);
        if (count == MAX_TILE_TOKENS)
            avx2_half_tile(panel + half * 4, scales + half, zeros + half, x, blocks,
                           MAX_TILE_TOKENS, into);
        else
            avx2_half_tile(panel + half * 4, scales + half, zeros + half, x, blocks, 1, into);
    }
}

#include "encoder_pass.h"

/* AVX-512 VNNI: sums of four in 32 bits. */
#define NAME(what) vnni_##what
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))
#define LANES 16
#define MAX_TILE_TOKENS 4

typedef float vnni_floats __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t vnni_ints __attribute__((vector_size(64), aligned(4), may_alias));

INLINED floats vnni_maximum(floats x, floats other) {
    return (floats)_mm512_max_ps((__m512)x, (__m512)other);
}

INLINED float vnni_sum(floats x) { return _mm512_reduce_add_ps((__m512)x); }
INLINED float vnni_largest_lane(floats x) { return _mm512_reduce_max_ps((__m512)x); }

INLINED void vnni_store_low_bytes(ints x, uint8_t *to) {
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8((__m512i)x));
}

INLINED void vnni_tile_of(
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct quantized *x,
    int blocks, const int count, float (*product)[BLOCK]
) {
    __m512 found[MAX_TILE_TOKENS][2];
    for (int token = 0; token < count; token++)
        found[token][0] = found[token][1] = _mm512_setzero_ps();
    for (int block = 0; block < blocks; block++, scales += BLOCK, zeros += BLOCK) {
        __m512i sums[MAX_TILE_TOKENS][2];
        for (int token = 0; token < count; token++) {
            sums[token][0] = _mm512_loadu_si512(zeros);
            sums[token][1] = _mm512_loadu_si512(zeros + 16);
        }
#pragma GCC unroll 8
        for (int step = 0; step < STEPS_PER_BLOCK; step++, panel += STEP_WEIGHTS) {
            __m512i left = _mm512_loadu_si512(panel);
            __m512i right = _mm512_loadu_si512(panel + 64);
            for (int token = 0; token < count; token++) {
                const uint8_t *bytes = x->bytes + ((size_t)token * blocks + block) * BLOCK;
                __m512i by = _mm512_set1_epi32(load_int32(bytes + step * 4));
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
    const int8_t *panel, const float *scales, const int32_t *zeros, const struct quantized *x,
    int blocks, int count, float (*product)[BLOCK]
) {
    switch (count) {
    case 1: vnni_tile_of(panel, scales, zeros, x, blocks, 1, product); break;
    case 2: vnni_tile_of(panel, scales, zeros, x, blocks, 2, product); break;
    case 3: vnni_tile_of(panel, scales, zeros, x, blocks, 3, product); break;
    default: vnni_tile_of(panel, scales, zeros, x, blocks, MAX_TILE_TOKENS, product);
    }
}

#include "encoder_pass.h"
#endif

/* Fastest first. */
enum { VNNI, AVX2, INSTRUCTION_SETS };

static const char *const INSTRUCTION_SET_NAMES[] = {"AVX-512 VNNI", "AVX2"};

static int is_supported(int32_t instruction_set) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (instruction_set == AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    (void)instruction_set;
    return 0;
#endif
}

/* Returns the name of an instruction set, "" if this processor lacks it, NULL past the last. */
EXPORTED const char *rasika_instruction_set(int32_t instruction_set) {
    return instruction_set < 0 || instruction_set >= INSTRUCTION_SETS ? NULL
           : is_supported(instruction_set) ? INSTRUCTION_SET_NAMES[instruction_set]
                                           : "";
}

/* The sizes of two structs, by which Python recognizes a library of other sources. */
EXPORTED int64_t rasika_struct_sizes(void) {
    return (int64_t)sizeof(struct model) << 32 | (int64_t)sizeof(struct layer);
}

static void *carve(char **from, size_t bytes) {
    void *found = *from;
    *from += (bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    return found;
}

static struct quantized carve_quantized(char **from, size_t numbers) {
    struct quantized found;
    found.bytes = carve(from, numbers);
    found.scales = carve(from, numbers / BLOCK * sizeof(float));
    return found;
}

static size_t lay_out(struct workspace *workspace, char *memory, const struct model *model,
                      size_t tokens, size_t longest) {
    char *from = memory;
    size_t hidden = model->hidden, inner = model->inner;
    workspace->x = carve(&from, tokens * hidden * sizeof(float));
    /* Attention reads QUERIES_AT_ONCE queries at a time, so the last group reads past the end. */
    workspace->projected = carve(&from, (tokens + QUERIES_AT_ONCE) * 3 * hidden * sizeof(float));
    workspace->scratch =
        carve(&from, PADDED_LENGTH(longest) * (HEAD_SIZE + QUERIES_AT_ONCE) * sizeof(float));
    workspace->narrow = carve_quantized(&from, tokens * hidden);
    workspace->wide = carve_quantized(&from, tokens * inner);
    workspace->panel = carve(&from, BLOCK * (inner > hidden ? inner : hidden));
    return (size_t)(from - memory);
}

/* The mean (hidden,) of the last layer over each sequence; their tokens follow one another in
 * `ids`. Returns whether there was memory for it. */
EXPORTED int32_t rasika_means(
    const struct model *model, int32_t instruction_set, const int32_t *ids, const int32_t *lengths,
    int32_t sequences, float *means
) {
    size_t tokens = 0, longest = 0;
    for (int number = 0; number < sequences; number++) {
        tokens += lengths[number];
        if ((size_t)lengths[number] > longest) longest = lengths[number];
    }
    struct workspace workspace;
    char *memory = malloc(lay_out(&workspace, NULL, model, tokens, longest) + ALIGNMENT_BYTES);
    if (!memory) return 0;
    lay_out(&workspace, memory + (ALIGNMENT_BYTES - (uintptr_t)memory % ALIGNMENT_BYTES), model,
            tokens, longest);
    size_t row = 3 * (size_t)model->hidden;
    memset(workspace.projected + tokens * row, 0, QUERIES_AT_ONCE * row * sizeof(float));
#if defined(__x86_64__)
    (instruction_set == VNNI ? vnni_forward : avx2_forward)(model, ids, lengths, sequences,
                                                            &workspace, means);
#else
    (void)instruction_set, (void)ids, (void)means;
#endif
    free(memory);
    return 1;
}
