/* The first pass and the exact one of the in-memory index, over rows in eight bits.
 *
 * A row x (unit length, d float32) is kept beside its floats as x = s (c - 128) + e: codes c of one
 * unsigned byte, a scale s, and the length of what is lost, |e|. A query is quantized to up to
 * sixteen bits, q = t b + f. Then
 *
 *     q . x = s t (b . (c - 128)) + t b . e + f . x
 *
 * whose first term is one of integers, and whose others are at most |t b| |e| + |f| |x| (Cauchy and
 * Schwarz). So each row has a lower and an upper bound of its blended score. The k-th greatest
 * lower bound so far is a floor: a row whose upper bound is below it is not among the best k. All
 * others are scored again from their floats, in double precision and in the order in which NumPy
 * adds up, so the answer is that of `index.blend` to the last bit.
 *
 * The pass is exact whatever the filter, and reads only rows that the filter leaves: of sixteen
 * neighbours all at once where many are left, else those that are, gathered by sixteens.
 */

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

enum {
    LANES = 16,     /* rows scored at once */
    WORD_ROWS = 64, /* rows in a word of a mask, and bytes in a block of codes */
    MIN_DENSE_LANES =
        9, /* of 16 neighbours; so many are read in one go, fewer are gathered (measured) */
    CHUNK_ROWS = 2048, /* rows that a thread takes at a time */
    BLOCK_ROWS = 256,  /* rows that stay in the nearest caches while query after query reads them */
    MAX_HELPERS = 7,   /* threads beside the caller's */
    ZERO_CODE = 128,   /* the code of nothing */
    GATHER_LAG_ROWS = 16, /* gathered rows being fetched while others are scored */
    PREFETCH_ROWS = 8,    /* rows of floats fetched before they are needed */
};

/* Of the float32 arithmetic around the integer products, and of boosts. */
static const float ROUNDING_ERROR = 2e-6f;

/* What a snapshot holds of one space. */
typedef struct {
    const uint8_t *codes; /* (capacity, stride); none: boosts alone rank */
    const float *scales;  /* (capacity,) */
    const float *error_norms;  /* (capacity,) */
    const void *vectors;  /* (capacity, d) in single precision, or in half */
    const uint32_t *end_versions; /* (capacity,) the version in which a row ended; 0: it lives */
    const int64_t *ids;   /* (capacity,) */
    const double *popularity, *freshness; /* (capacity,) */
    int64_t n;            /* rows that the snapshot shows */
    uint32_t version;
    int32_t d, stride;    /* numbers of a vector; bytes of its codes, a multiple of 64 */
    int32_t half;         /* whether vectors are in half precision */
} ScanRows;

/* One search: what is asked, and where the answer goes. */
typedef struct {
    const float *vector;       /* (d,) or none */
    const uint64_t *mask;      /* a bit per row, or none: all */
    const double **regional;   /* (regions,) of (capacity,) */
    const double *region_weights;     /* (regions,) */
    double popularity, freshness; /* weights */
    double max_boost;              /* of the sizes of all weights */
    int64_t *ids;              /* (k,) answer, best first */
    double *terms;             /* (4, k): similarity, popularity, regional, freshness */
    int64_t k;
    int64_t hit_count;            /* answer: how many; -1: no memory */
    int64_t rescored_count;          /* answer: rows that were looked at exactly */
    int32_t region_count;
} ScanQuery;

typedef struct {
    uint32_t row;
    float upper;
} Candidate;

/* A query in integers. */
typedef struct {
    const ScanRows *rows;
    const ScanQuery *query;
    int8_t *high, *low; /* (stride,) q = t (256 high + low) */
    int16_t *values;     /* (stride,) */
    uint32_t zero_offset, high_zero_offset; /* ZERO_CODE times the sum of `values`, of 256 `high`:
                                               codes have it too much */
    float scale;        /* t */
    float error_factor,
        base_error;          /* half-width of a row's bounds: error_factor |e| + base_error */
    float high_base_error;   /* the same where only `high` was looked at */
    _Atomic float floor;  /* the greatest of the threads' k-th lower bounds */
} QuantizedQuery;

/* What a thread has found for a query. */
typedef struct {
    float *heap; /* the k greatest lower bounds, the least first */
    int64_t heap_size;
    Candidate *candidates;
    int64_t count, room;
    int failed;
} ThreadCandidates;

typedef uint32_t (*ScoreRows)(const QuantizedQuery *, const uint32_t *, uint32_t, float, float *,
                              float *);

/* ---- sixteen rows: products, bounds, and which of them reach the floor ---- */

INLINE double regional_boost(const ScanQuery *query, uint32_t row) {
    double sum = 0;
    for (int32_t at = 0; at < query->region_count; at++)
        sum += query->region_weights[at] * query->regional[at][row];
    return sum;
}

INLINE float row_boost(const ScanRows *of, const ScanQuery *query, uint32_t row) {
    double sum = regional_boost(query, row);
    if (query->popularity != 0) sum += query->popularity * of->popularity[row];
    if (query->freshness != 0) sum += query->freshness * of->freshness[row];
    return (float)sum;
}

/* The product of a row's codes and what is asked, ZERO_CODE not taken off, modulo 2^32. */
typedef uint32_t (*CodeProduct)(const QuantizedQuery *, const uint8_t *);

INLINE uint32_t score_lanes(const QuantizedQuery *quantized, const uint32_t *rows, uint32_t first,
                            float floor, float *lower, float *upper, CodeProduct product) {
    const ScanRows *of = quantized->rows;
    uint32_t reaching = 0;
    for (int lane = 0; lane < LANES; lane++) {
        uint32_t row = rows ? rows[lane] : first + (uint32_t)lane;
        float score = 0, width = quantized->base_error;
        if (of->codes) {
            uint32_t sum =
                product(quantized, of->codes + (int64_t)row * of->stride) - quantized->zero_offset;
            score = (float)(int32_t)sum * (of->scales[row] * quantized->scale);
            width += quantized->error_factor * of->error_norms[row];
        }
        score += row_boost(of, quantized->query, row);
        lower[lane] = score - width;
        upper[lane] = score + width;
        reaching |= (uint32_t)(upper[lane] >= floor) << lane;
    }
    return reaching;
}

static inline uint32_t product_portable(const QuantizedQuery *quantized, const uint8_t *codes) {
    uint32_t product = 0;
    for (int at = 0; at < quantized->rows->stride; at++)
        product += (uint32_t)((int32_t)codes[at] * quantized->values[at]);
    return product;
}

static uint32_t score_portable(const QuantizedQuery *quantized, const uint32_t *rows,
                               uint32_t first, float floor, float *lower, float *upper) {
    return score_lanes(quantized, rows, first, floor, lower, upper, product_portable);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,f16c")))

AVX2 static inline uint32_t product_avx2(const QuantizedQuery *quantized, const uint8_t *codes) {
    __m256i sum = _mm256_setzero_si256();
    for (int at = 0; at < quantized->rows->stride; at += 16) {
        __m256i code = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(codes + at)));
        __m256i asked = _mm256_loadu_si256((const __m256i *)(quantized->values + at));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(code, asked));
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(half);
}

AVX2 static uint32_t score_avx2(const QuantizedQuery *quantized, const uint32_t *rows,
                                uint32_t first, float floor, float *lower, float *upper) {
    return score_lanes(quantized, rows, first, floor, lower, upper, product_avx2);
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

/* Sums of the four 32-bit lanes' quarters of four rows, side by side in each 128 bits. */
#define QUARTERS(a, b, c, d)                                                                      \
    __extension__({                                                                               \
        __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));   \
        __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));   \
        _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));            \
    })

#define HALVES(a, b)                                                                              \
    _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd))

/* Products of sixteen rows with one byte of each number asked; `blocks` is a constant where this is
   inlined, of 64 bytes each. */
AVX512 INLINE __m512i products(const ScanRows *of, const int8_t *asked, const uint32_t *rows,
                               uint32_t first, int blocks) {
    __m512i quarters[4];
    for (int four = 0; four < 4; four++) {
        const uint8_t *at[4];
        __m512i sums[4];
        for (int lane = 0; lane < 4; lane++) {
            uint32_t row = rows ? rows[4 * four + lane] : first + (uint32_t)(4 * four + lane);
            at[lane] = of->codes + (int64_t)row * of->stride;
            sums[lane] = _mm512_setzero_si512();
        }
        for (int block = 0; block < blocks; block++) {
            __m512i bytes = _mm512_loadu_si512(asked + WORD_ROWS * block);
            for (int lane = 0; lane < 4; lane++)
                sums[lane] = _mm512_dpbusd_epi32(
                    sums[lane], _mm512_loadu_si512(at[lane] + WORD_ROWS * block), bytes);
        }
        quarters[four] = QUARTERS(sums[0], sums[1], sums[2], sums[3]);
    }
    __m512i front = HALVES(quarters[0], quarters[1]), back = HALVES(quarters[2], quarters[3]);
    return HALVES(front, back);
}

AVX512 INLINE __m512i products_any_width(const ScanRows *of, const int8_t *asked,
                                         const uint32_t *rows, uint32_t first) {
    switch (of->stride / WORD_ROWS) {
    case 6: return products(of, asked, rows, first, 6);
    case 12: return products(of, asked, rows, first, 12);
    default: return products(of, asked, rows, first, of->stride / WORD_ROWS);
    }
}

AVX512 INLINE __m512 load_rows(const float *column, const uint32_t *rows, uint32_t first) {
    return rows ? _mm512_i32gather_ps(_mm512_loadu_si512(rows), column, 4)
                : _mm512_loadu_ps(column + first);
}

AVX512 INLINE __m512 load_rows_as_single(const double *column, const uint32_t *rows,
                                         uint32_t first) {
    __m512d front, back;
    if (rows) {
        front = _mm512_i32gather_pd(_mm256_loadu_si256((const __m256i *)rows), column, 8);
        back = _mm512_i32gather_pd(_mm256_loadu_si256((const __m256i *)(rows + 8)), column, 8);
    } else {
        front = _mm512_loadu_pd(column + first);
        back = _mm512_loadu_pd(column + first + 8);
    }
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(front)),
                              _mm512_cvtpd_ps(back), 1);
}

AVX512 INLINE __m512 row_boosts(const QuantizedQuery *quantized, const uint32_t *rows,
                                uint32_t first) {
    const ScanQuery *query = quantized->query;
    __m512 sum = _mm512_setzero_ps();
    if (query->popularity != 0)
        sum = _mm512_mul_ps(load_rows_as_single(quantized->rows->popularity, rows, first),
                            _mm512_set1_ps((float)query->popularity));
    if (query->freshness != 0)
        sum = _mm512_add_ps(
            sum, _mm512_mul_ps(load_rows_as_single(quantized->rows->freshness, rows, first),
                               _mm512_set1_ps((float)query->freshness)));
    for (int32_t at = 0; at < query->region_count; at++)
        sum =
            _mm512_add_ps(sum, _mm512_mul_ps(load_rows_as_single(query->regional[at], rows, first),
                                             _mm512_set1_ps((float)query->region_weights[at])));
    return sum;
}

AVX512 static uint32_t score_avx512(const QuantizedQuery *quantized, const uint32_t *rows,
                                    uint32_t first, float floor, float *lower, float *upper) {
    const ScanRows *of = quantized->rows;
    __m512 score = _mm512_setzero_ps(), width = _mm512_set1_ps(quantized->base_error);
    __m512 added = row_boosts(quantized, rows, first);
    if (of->codes) {
        __m512i zero = _mm512_set1_epi32((int32_t)quantized->zero_offset);
        __m512 scale =
            _mm512_mul_ps(load_rows(of->scales, rows, first), _mm512_set1_ps(quantized->scale));
        __m512 lost = _mm512_mul_ps(_mm512_set1_ps(quantized->error_factor),
                                    load_rows(of->error_norms, rows, first));
        /* The upper bytes of what is asked rule most rows out. */
        __m512i sums = _mm512_slli_epi32(products_any_width(of, quantized->high, rows, first), 8);
        __m512i high_zero_offset = _mm512_set1_epi32((int32_t)quantized->high_zero_offset);
        score = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums, high_zero_offset)), scale);
        __m512 most =
            _mm512_add_ps(_mm512_add_ps(score, added),
                          _mm512_add_ps(lost, _mm512_set1_ps(quantized->high_base_error)));
        if (!_mm512_cmp_ps_mask(most, _mm512_set1_ps(floor), _CMP_GE_OQ)) return 0;
        sums = _mm512_add_epi32(sums, products_any_width(of, quantized->low, rows, first));
        score = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums, zero)), scale);
        width = _mm512_add_ps(lost, width);
    }
    score = _mm512_add_ps(score, added);
    __m512 most = _mm512_add_ps(score, width);
    uint32_t reaching = _mm512_cmp_ps_mask(most, _mm512_set1_ps(floor), _CMP_GE_OQ);
    if (reaching) {
        _mm512_storeu_ps(lower, _mm512_sub_ps(score, width));
        _mm512_storeu_ps(upper, most);
    }
    return reaching;
}

#endif

/* ---- exact similarities ---- */

/* IEEE 754's binary16 in single precision, which holds it exactly. */
INLINE float half_to_single(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff, bits;
    if (rest >= 0x7c00) bits = 0x7f800000 | (rest & 0x3ff) << 13;
    else if (rest >= 0x400) bits = (rest << 13) + ((127 - 15) << 23);
    else {
        float small = (float)rest * 0x1p-24f;
        memcpy(&bits, &small, sizeof bits);
    }
    bits |= sign;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* NumPy's pairwise sum (Higham, Accuracy and Stability of Numerical Algorithms, 4.2) of products,
   which are exact in double precision. */
INLINE double pairwise_dot(const float *row, const double *vector, int32_t n) {
    double parts[8] = {0}, total = 0;
    int32_t at = 0;
    if (n >= 8) {
        for (; at + 8 <= n; at += 8)
            for (int lane = 0; lane < 8; lane++)
                parts[lane] += (double)row[at + lane] * vector[at + lane];
        total = ((parts[0] + parts[1]) + (parts[2] + parts[3])) +
                ((parts[4] + parts[5]) + (parts[6] + parts[7]));
    }
    for (; at < n; at++) total += (double)row[at] * vector[at];
    return total;
}

/* A row's similarity; `room` holds d numbers. `widened` brings as many halves to single precision
   as it can at once, and returns how many these are. */
#define SIMILARITY(name, target, widened)                                                         \
    target static double name##_sum(const float *row, const double *vector, int32_t n) {          \
        if (n <= 128) return pairwise_dot(row, vector, n);                                              \
        int32_t half = n / 2;                                                                     \
        half -= half % 8;                                                                         \
        return name##_sum(row, vector, half) + name##_sum(row + half, vector + half, n - half);   \
    }                                                                                             \
    target static double name(const ScanRows *rows, uint32_t row, const double *vector, float *room) { \
        int64_t at = (int64_t)row * rows->d;                                                      \
        if (!rows->half) return name##_sum((const float *)rows->vectors + at, vector, rows->d);   \
        const uint16_t *halves = (const uint16_t *)rows->vectors + at;                            \
        int32_t done = widened(halves, room, rows->d);                                            \
        for (; done < rows->d; done++) room[done] = half_to_single(halves[done]);                         \
        return name##_sum(room, vector, rows->d);                                                 \
    }

#define WIDEN_NONE(halves, room, n) 0

SIMILARITY(similarity_portable, , WIDEN_NONE)

#if defined(__x86_64__)
AVX2 static int32_t widen_avx2(const uint16_t *halves, float *room, int32_t n) {
    int32_t at = 0;
    for (; at + 8 <= n; at += 8)
        _mm256_storeu_ps(room + at,
                         _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + at))));
    return at;
}
SIMILARITY(similarity_avx2, AVX2, widen_avx2)

AVX512 static int32_t widen_avx512(const uint16_t *halves, float *room, int32_t n) {
    int32_t at = 0;
    for (; at + 16 <= n; at += 16)
        _mm512_storeu_ps(room + at,
                         _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(halves + at))));
    return at;
}
SIMILARITY(similarity_avx512, AVX512, widen_avx512)
#endif

/* ---- which of several ways this machine knows ---- */

typedef struct {
    const char *name;
    ScoreRows score;
    double (*similarity)(const ScanRows *, uint32_t, const double *, float *);
} Variant;

static const Variant VARIANTS[] = {
#if defined(__x86_64__)
    {"AVX-512 VNNI", score_avx512, similarity_avx512},
    {"AVX2", score_avx2, similarity_avx2},
#endif
    {"portable", score_portable, similarity_portable},
};

static int is_supported(int variant) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (variant == 0)
        return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (variant == 1) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c");
#endif
    return variant >= 0 && variant < (int)(sizeof VARIANTS / sizeof *VARIANTS);
}

/* Return the name of a variant, quickest first, "" for one that this machine lacks, none past the
 * last. */
const char *rasika_variant(int variant) {
    if (variant < 0 || variant >= (int)(sizeof VARIANTS / sizeof *VARIANTS)) return NULL;
    return is_supported(variant) ? VARIANTS[variant].name : "";
}

/* Return the sizes of what is passed, by which to tell a library that was built of older sources.
 */
int64_t rasika_struct_sizes(void) {
    return (int64_t)sizeof(ScanRows) << 32 | (int64_t)sizeof(ScanQuery);
}

/* ---- a query's codes ---- */

static int quantize_query(QuantizedQuery *quantized, const ScanRows *rows, const ScanQuery *query) {
    memset(quantized, 0, sizeof *quantized);
    quantized->rows = rows;
    quantized->query = query;
    quantized->base_error = ROUNDING_ERROR * (1 + (float)query->max_boost);
    atomic_store(&quantized->floor, -INFINITY);
    if (!query->vector) return 1;
    int32_t d = rows->d, stride = rows->stride;
    char *memory = calloc((size_t)stride, 4);
    if (!memory) return 0;
    quantized->values = (int16_t *)memory;
    quantized->high = (int8_t *)memory + 2 * (size_t)stride;
    quantized->low = quantized->high + stride;
    float most = 0;
    double length = 0, lost = 0, high_lost = 0;
    for (int32_t at = 0; at < d; at++) {
        most = fmaxf(most, fabsf(query->vector[at]));
        length += (double)query->vector[at] * query->vector[at];
    }
    /* The sum of d products of 127 and this fits 31 bits; its upper byte fits eight. */
    double levels = fmin(32639, floor(2147483647.0 / (127.0 * d)));
    quantized->scale = most > 0 ? (float)(most / levels) : 1;
    int32_t sum = 0, high_sum = 0;
    for (int32_t at = 0; at < d; at++) {
        long whole = lrint((double)query->vector[at] / quantized->scale);
        long high = (whole + ZERO_CODE) >> 8;
        double rest = query->vector[at] - (double)quantized->scale * (double)whole;
        double high_rest = query->vector[at] - 256 * (double)quantized->scale * (double)high;
        lost += rest * rest;
        high_lost += high_rest * high_rest;
        sum += (int32_t)whole;
        high_sum += 256 * (int32_t)high;
        quantized->values[at] = (int16_t)whole;
        quantized->high[at] = (int8_t)high;
        quantized->low[at] = (int8_t)(whole - 256 * high);
    }
    quantized->zero_offset = (uint32_t)sum * ZERO_CODE;
    quantized->high_zero_offset = (uint32_t)high_sum * ZERO_CODE;
    float rounding = ROUNDING_ERROR * (1 + (float)sqrt(length) + (float)query->max_boost);
    /* |t b| is at most |q| + |f|; a thousandth more covers the rounding of these numbers. */
    quantized->error_factor = (float)((sqrt(length) + fmax(sqrt(lost), sqrt(high_lost))) * 1.001);
    quantized->base_error = (float)(sqrt(lost) * 1.001) + rounding;
    quantized->high_base_error = (float)(sqrt(high_lost) * 1.001) + rounding;
    return 1;
}

/* ---- candidates ---- */

static void sift_down(float *heap, int64_t heap_size) {
    float value = heap[0];
    int64_t at = 0, child;
    while ((child = 2 * at + 1) < heap_size) {
        if (child + 1 < heap_size && heap[child + 1] < heap[child]) child++;
        if (value <= heap[child]) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

static void sift_up(float *heap, int64_t at) {
    float value = heap[at];
    while (at > 0 && heap[(at - 1) / 2] > value) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = value;
}

INLINE float raise_floor(QuantizedQuery *quantized, float mine) {
    float floor = atomic_load_explicit(&quantized->floor, memory_order_relaxed);
    while (mine > floor &&
           !atomic_compare_exchange_weak_explicit(&quantized->floor, &floor, mine,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    return mine > floor ? mine : floor;
}

static void add_candidate(QuantizedQuery *quantized, ThreadCandidates *found, uint32_t row,
                          float lower, float upper) {
    uint32_t end_version = quantized->rows->end_versions[row];
    if (end_version && end_version <= quantized->rows->version) return;
    if (found->count == found->room) {
        int64_t room = found->room ? 2 * found->room : 1024;
        Candidate *more = realloc(found->candidates, (size_t)room * sizeof *more);
        if (!more) {
            found->failed = 1;
            return;
        }
        found->candidates = more;
        found->room = room;
    }
    found->candidates[found->count++] = (Candidate){row, upper};
    int64_t k = quantized->query->k;
    if (found->heap_size < k) {
        found->heap[found->heap_size] = lower;
        sift_up(found->heap, found->heap_size++);
    } else if (lower > found->heap[0]) {
        found->heap[0] = lower;
        sift_down(found->heap, k);
    } else {
        return;
    }
    if (found->heap_size == k) raise_floor(quantized, found->heap[0]);
}

/* Have what the pass needs of a row brought near. */
INLINE void prefetch_row(const QuantizedQuery *quantized, uint32_t row) {
    const ScanRows *rows = quantized->rows;
    const ScanQuery *query = quantized->query;
    if (rows->codes) {
        for (int at = 0; at < rows->stride; at += WORD_ROWS)
            __builtin_prefetch(rows->codes + (int64_t)row * rows->stride + at);
        __builtin_prefetch(rows->scales + row);
        __builtin_prefetch(rows->error_norms + row);
    }
    if (query->popularity != 0) __builtin_prefetch(rows->popularity + row);
    if (query->freshness != 0) __builtin_prefetch(rows->freshness + row);
    for (int32_t at = 0; at < query->region_count; at++)
        __builtin_prefetch(query->regional[at] + row);
}

/* Scan the rows from `begin`, a multiple of 64, to `end` that the mask leaves. */
INLINE void scan_range(QuantizedQuery *quantized, ThreadCandidates *found, int64_t begin,
                       int64_t end, ScoreRows score) {
    const uint64_t *mask = quantized->query->mask;
    uint32_t gathered[GATHER_LAG_ROWS + 2 * LANES];
    float lower[LANES], upper[LANES];
    int gathered_count = 0;
    for (int64_t first = begin; first < end; first += WORD_ROWS) {
        uint64_t word = mask ? mask[first / WORD_ROWS] : ~UINT64_C(0);
        if (end - first < WORD_ROWS) word &= (UINT64_C(1) << (end - first)) - 1;
        for (int part = 0; word; part += LANES, word >>= LANES) {
            uint32_t bits = (uint32_t)word & 0xffff;
            if (!bits) continue;
            float floor = atomic_load_explicit(&quantized->floor, memory_order_relaxed);
            if (__builtin_popcount(bits) >= MIN_DENSE_LANES) {
                bits &= score(quantized, NULL, (uint32_t)(first + part), floor, lower, upper);
                for (; bits; bits &= bits - 1) {
                    int lane = __builtin_ctz(bits);
                    add_candidate(quantized, found, (uint32_t)(first + part + lane), lower[lane],
                                  upper[lane]);
                }
                continue;
            }
            for (; bits; bits &= bits - 1) {
                uint32_t row = (uint32_t)(first + part + __builtin_ctz(bits));
                gathered[gathered_count++] = row;
                prefetch_row(quantized, row);
            }
            if (gathered_count < GATHER_LAG_ROWS + LANES) continue;
            bits = score(quantized, gathered, 0, floor, lower, upper);
            for (; bits; bits &= bits - 1) {
                int lane = __builtin_ctz(bits);
                add_candidate(quantized, found, gathered[lane], lower[lane], upper[lane]);
            }
            gathered_count -= LANES;
            memmove(gathered, gathered + LANES, (size_t)gathered_count * sizeof *gathered);
        }
    }
    for (int from = 0; from < gathered_count; from += LANES) {
        int left = gathered_count - from < LANES ? gathered_count - from : LANES;
        for (int lane = left; lane < LANES; lane++) gathered[from + lane] = gathered[from];
        float floor = atomic_load_explicit(&quantized->floor, memory_order_relaxed);
        uint32_t bits =
            score(quantized, gathered + from, 0, floor, lower, upper) & ((1u << left) - 1);
        for (; bits; bits &= bits - 1) {
            int lane = __builtin_ctz(bits);
            add_candidate(quantized, found, gathered[from + lane], lower[lane], upper[lane]);
        }
    }
}

/* ---- exact scores ---- */

typedef struct {
    double score, similarity;
    int64_t id;
    uint32_t row;
} ExactScore;

static int compare_scores(const void *one, const void *other) {
    const ExactScore *a = one, *b = other;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Bring the k best, by the order of `compare_scores`, to the front (Hoare's quickselect). */
static void select_best(ExactScore *all, int64_t n, int64_t k) {
    int64_t low = 0, high = n - 1;
    while (low < high) {
        ExactScore pivot = all[low + (high - low) / 2];
        int64_t left = low, right = high;
        while (left <= right) {
            while (compare_scores(&all[left], &pivot) < 0) left++;
            while (compare_scores(&pivot, &all[right]) < 0) right--;
            if (left <= right) {
                ExactScore other = all[left];
                all[left++] = all[right];
                all[right--] = other;
            }
        }
        if (k - 1 <= right) high = right;
        else if (k - 1 >= left) low = left;
        else return;
    }
}

static void write_answer(const QuantizedQuery *quantized, const Candidate *candidates,
                         int64_t count, const Variant *variant) {
    const ScanRows *rows = quantized->rows;
    ScanQuery *query = (ScanQuery *)quantized->query;
    double *vector = NULL;
    ExactScore *all = malloc((size_t)(count ? count : 1) * sizeof *all);
    float *room = NULL;
    if (query->vector) {
        vector = malloc((size_t)rows->d * sizeof *vector);
        room = malloc((size_t)rows->d * sizeof *room);
    }
    const int64_t row_bytes = (int64_t)rows->d * (rows->half ? 2 : 4);
    query->hit_count = query->rescored_count = -1;
    if (!all || (query->vector && (!vector || !room))) goto end;
    for (int32_t at = 0; vector && at < rows->d; at++) vector[at] = query->vector[at];
    for (int64_t at = 0; at < count; at++) {
        uint32_t row = candidates[at].row;
        double near = 0;
        if (vector) {
            if (at + PREFETCH_ROWS < count) {
                uint32_t later = candidates[at + PREFETCH_ROWS].row;
                const char *next = (const char *)rows->vectors + later * row_bytes;
                for (int64_t line = 0; line < row_bytes; line += 64)
                    __builtin_prefetch(next + line);
                __builtin_prefetch(rows->ids + later);
                __builtin_prefetch(rows->popularity + later);
                __builtin_prefetch(rows->freshness + later);
                for (int32_t region = 0; region < query->region_count; region++)
                    __builtin_prefetch(query->regional[region] + later);
            }
            near = variant->similarity(rows, row, vector, room);
        }
        double score = near + query->popularity * rows->popularity[row] +
                       regional_boost(query, row) + query->freshness * rows->freshness[row];
        all[at] = (ExactScore){score, near, rows->ids[row], row};
    }
    int64_t k = query->k < count ? query->k : count;
    if (k < count) select_best(all, count, k);
    qsort(all, (size_t)k, sizeof *all, compare_scores);
    for (int64_t at = 0; at < k; at++) {
        uint32_t row = all[at].row;
        query->ids[at] = all[at].id;
        query->terms[at] = all[at].similarity;
        query->terms[query->k + at] = query->popularity * rows->popularity[row];
        query->terms[2 * query->k + at] = regional_boost(query, row);
        query->terms[3 * query->k + at] = query->freshness * rows->freshness[row];
    }
    query->hit_count = k;
    query->rescored_count = count;
end:
    free(room);
    free(vector);
    free(all);
}

/* ---- one or several cores ---- */

/* What the threads that take part in a call work on. */
typedef struct {
    QuantizedQuery *quantized; /* (queries,) */
    ThreadCandidates *found; /* (1 + MAX_HELPERS, queries) */
    int64_t queries, n;
    const Variant *variant;
    atomic_int_fast64_t next; /* the first row that nobody has taken */
    int threads;
} ScanJob;

static void scan_chunks(ScanJob *job, int thread) {
    ThreadCandidates *found = job->found + thread * job->queries;
    int64_t begin;
    while ((begin = atomic_fetch_add(&job->next, CHUNK_ROWS)) < job->n) {
        int64_t end = begin + CHUNK_ROWS < job->n ? begin + CHUNK_ROWS : job->n;
        for (int64_t step = job->queries > 1 ? BLOCK_ROWS : CHUNK_ROWS, to; begin < end;
             begin = to) {
            to = begin + step < end ? begin + step : end;
            for (int64_t at = 0; at < job->queries; at++)
                scan_range(job->quantized + at, found + at, begin, to, job->variant->score);
        }
    }
}

/* A helper that keeps the caller waiting for longer than its last rows take has no core of its own:
   somebody else works there. Then calls go on alone for a while, and for longer each time. */
static const double MAX_HELPER_WAIT_S = 2e-4, MIN_SOLO_S = 0.004, MAX_SOLO_S = 2;

/* Threads that wait for a job. Only one call has them at a time; others go on alone. */
static struct {
    pthread_mutex_t call_lock, state_lock;
    pthread_cond_t job_ready, job_done;
    ScanJob *job;
    uint64_t job_number; /* of the job */
    int busy_helpers, started_helpers;
    double solo_s, solo_until; /* by `now` */
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
          PTHREAD_COND_INITIALIZER, NULL, 0, 0, 0, 0, 0};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *helper_main(void *number) {
    int thread = (int)(intptr_t)number;
    uint64_t last = 0;
    pthread_mutex_lock(&pool.state_lock);
    for (;;) {
        while (!pool.job || pool.job_number == last || thread >= pool.job->threads)
            pthread_cond_wait(&pool.job_ready, &pool.state_lock);
        ScanJob *job = pool.job;
        last = pool.job_number;
        pool.busy_helpers++;
        pthread_mutex_unlock(&pool.state_lock);
        scan_chunks(job, thread);
        pthread_mutex_lock(&pool.state_lock);
        if (!--pool.busy_helpers) pthread_cond_signal(&pool.job_done);
    }
    return NULL;
}

/* A child process has none of its parent's threads. */
static void reset_pool_after_fork(void) {
    pthread_mutex_init(&pool.call_lock, NULL);
    pthread_mutex_init(&pool.state_lock, NULL);
    pthread_cond_init(&pool.job_ready, NULL);
    pthread_cond_init(&pool.job_done, NULL);
    pool.job = NULL;
    pool.busy_helpers = pool.started_helpers = 0;
}

static void start_helpers(int wanted) {
    static int registered;
    if (!registered) registered = !pthread_atfork(NULL, NULL, reset_pool_after_fork);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    while (pool.started_helpers < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, &detached, helper_main,
                           (void *)(intptr_t)(pool.started_helpers + 1)))
            break;
        pool.started_helpers++;
    }
    pthread_attr_destroy(&detached);
}

/* Take the helpers, unless there is too little to do, or they are taken, or had no core lately. */
static int acquire_helpers(const ScanJob *job) {
    if (job->threads < 2 || job->n <= CHUNK_ROWS || pthread_mutex_trylock(&pool.call_lock))
        return 0;
    if (now() >= pool.solo_until) return 1;
    pthread_mutex_unlock(&pool.call_lock);
    return 0;
}

static void run_job(ScanJob *job) {
    int helpers = job->threads - 1;
    if (!acquire_helpers(job)) {
        job->threads = 1;
        scan_chunks(job, 0);
        return;
    }
    pthread_mutex_lock(&pool.state_lock);
    start_helpers(helpers);
    pool.job = job;
    pool.job_number++;
    pthread_cond_broadcast(&pool.job_ready);
    pthread_mutex_unlock(&pool.state_lock);
    scan_chunks(job, 0);
    double done = now();
    pthread_mutex_lock(&pool.state_lock);
    pool.job = NULL; /* who has not begun by now does not */
    while (pool.busy_helpers) pthread_cond_wait(&pool.job_done, &pool.state_lock);
    pthread_mutex_unlock(&pool.state_lock);
    double end = now();
    if (end - done < MAX_HELPER_WAIT_S) {
        pool.solo_s = 0;
    } else {
        pool.solo_s = fmin(fmax(2 * pool.solo_s, MIN_SOLO_S), MAX_SOLO_S);
        pool.solo_until = end + pool.solo_s;
    }
    pthread_mutex_unlock(&pool.call_lock);
}

/* Put together what the threads found for a query, and answer it. */
static void finish_query(ScanJob *job, int64_t at) {
    QuantizedQuery *quantized = job->quantized + at;
    float floor = -INFINITY;
    float *heap = job->found[at].heap;
    Candidate *all = NULL;
    int64_t count = 0, heap_size = job->found[at].heap_size, k = quantized->query->k;
    int failed = 0;
    for (int thread = 0; thread < job->threads; thread++) {
        ThreadCandidates *found = job->found + thread * job->queries + at;
        count += found->count;
        failed |= found->failed;
        for (int64_t low = 0; thread && low < found->heap_size; low++) {
            if (heap_size < k) {
                heap[heap_size] = found->heap[low];
                sift_up(heap, heap_size++);
            } else if (found->heap[low] > heap[0]) {
                heap[0] = found->heap[low];
                sift_down(heap, k);
            }
        }
    }
    if (heap_size == k) floor = heap[0];
    all = malloc((size_t)(count ? count : 1) * sizeof *all);
    if (failed || !all) {
        ((ScanQuery *)quantized->query)->hit_count = -1;
        free(all);
        return;
    }
    count = 0;
    for (int thread = 0; thread < job->threads; thread++) {
        ThreadCandidates *found = job->found + thread * job->queries + at;
        for (int64_t one = 0; one < found->count; one++)
            if (found->candidates[one].upper >= floor) all[count++] = found->candidates[one];
    }
    write_answer(quantized, all, count, job->variant);
    free(all);
}

/* Answer queries over the same rows, which are read once for all of them; `variant` is one of
   `rasika_variant`'s. Queries of other spaces go by themselves. Return whether memory sufficed. */
int rasika_search(const ScanRows *rows, ScanQuery *queries, int64_t count, int threads,
                  int variant) {
    if (threads > 1 + MAX_HELPERS) threads = 1 + MAX_HELPERS;
    int succeeded = 0;
    ScanJob job = {
        .queries = count, .n = rows->n, .variant = VARIANTS + variant, .threads = threads};
    int64_t heaps = 0;
    for (int64_t at = 0; at < count; at++) heaps += queries[at].k;
    job.quantized = calloc((size_t)count, sizeof *job.quantized);
    job.found = calloc((size_t)(count * threads), sizeof *job.found);
    float *memory = malloc((size_t)(heaps * threads) * sizeof *memory), *heap = memory;
    if (!job.quantized || !job.found || !memory) goto end;
    for (int64_t at = 0; at < count; at++)
        if (!quantize_query(job.quantized + at, rows, queries + at)) goto end;
    for (int thread = 0; thread < threads; thread++)
        for (int64_t at = 0; at < count; at++) {
            job.found[thread * count + at].heap = heap;
            heap += queries[at].k;
        }
    run_job(&job);
    succeeded = 1;
    for (int64_t at = 0; at < count; at++) {
        finish_query(&job, at);
        succeeded &= queries[at].hit_count >= 0;
    }
end:
    if (job.found)
        for (int64_t at = 0; at < count * threads; at++) free(job.found[at].candidates);
    if (job.quantized)
        for (int64_t at = 0; at < count; at++) free(job.quantized[at].values);
    free(memory);
    free(job.quantized);
    free(job.found);
    return succeeded;
}
