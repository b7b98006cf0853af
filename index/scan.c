/* The first pass and the exact one of the in-memory index, over rows in eight bits.
 *
 * A row x (unit length, d float32) is kept beside its floats as x = s (c - 128) + e: codes c of one
 * unsigned byte, a scale s, and the length of what is lost, |e|. A query is coded in up to sixteen
 * bits, q = t b + f. Then
 *
 *     q . x = s t (b . (c - 128)) + t b . e + f . x
 *
 * whose first term is one of integers, and whose others are at most |t b| |e| + |f| |x| (Cauchy and
 * Schwarz). So each row has a lower and an upper bound of its blended score. The k-th greatest lower
 * bound so far is a floor: a row whose upper bound is below it is not among the best k. All others are
 * scored again from their floats, in double precision and in the order in which NumPy adds up, so the
 * answer is that of `index.blend` to the last bit.
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
    LANES = 16,       /* rows scored at once */
    WORD = 64,        /* rows in a word of a mask, and bytes in a block of codes */
    DENSE = 9,        /* of 16 neighbours; so many are read in one go, fewer are gathered (measured) */
    CHUNK = 2048,     /* rows that a thread takes at a time */
    BLOCK = 256,      /* rows that stay in the nearest caches while query after query reads them */
    MOST_HELPERS = 7, /* threads beside the caller's */
    ZERO = 128,       /* the code of nothing */
    LAG = 16,         /* gathered rows that are on their way while others are scored */
    AHEAD = 8,        /* rows of floats fetched before they are needed */
};

/* Of the float32 arithmetic around the integer products, and of boosts. */
static const float ROUNDING = 2e-6f;

/* What a snapshot holds of one space. */
typedef struct {
    const uint8_t *codes; /* (capacity, stride); none: boosts alone rank */
    const float *scales;  /* (capacity,) */
    const float *losses;  /* (capacity,) */
    const void *vectors;  /* (capacity, d) in single precision, or in half */
    const uint32_t *died; /* (capacity,) the version in which a row ended; 0: it lives */
    const int64_t *ids;   /* (capacity,) */
    const double *popularity, *freshness; /* (capacity,) */
    int64_t n;            /* rows that the snapshot shows */
    uint32_t version;
    int32_t d, stride;    /* numbers of a vector; bytes of its codes, a multiple of 64 */
    int32_t half;         /* whether vectors are in half precision */
} Rows;

/* One search: what is asked, and where the answer goes. */
typedef struct {
    const float *vector;       /* (d,) or none */
    const uint64_t *mask;      /* a bit per row, or none: all */
    const double **regional;   /* (regions,) of (capacity,) */
    const double *weights;     /* (regions,) */
    double popularity, freshness; /* weights */
    double total;              /* of the sizes of all weights */
    int64_t *ids;              /* (k,) answer, best first */
    double *terms;             /* (4, k): similarity, popularity, regional, freshness */
    int64_t k;
    int64_t found;             /* answer: how many; -1: no memory */
    int64_t rescored;          /* answer: rows that were looked at exactly */
    int32_t regions;
} Query;

typedef struct {
    uint32_t row;
    float upper;
} Candidate;

/* A query in integers. */
typedef struct {
    const Rows *rows;
    const Query *query;
    int8_t *high, *low; /* (stride,) q = t (256 high + low) */
    int16_t *whole;     /* (stride,) */
    uint32_t zero, high_zero; /* ZERO times the sum of `whole`, of 256 `high`: codes have it too much */
    float scale;        /* t */
    float by_loss, least; /* half-width of a row's bounds: by_loss |e| + least */
    float high_least;   /* the same where only `high` was looked at */
    _Atomic float floor;  /* the greatest of the threads' k-th lower bounds */
} Coded;

/* What a thread has found for a query. */
typedef struct {
    float *heap; /* the k greatest lower bounds, the least first */
    int64_t held;
    Candidate *candidates;
    int64_t count, room;
    int failed;
} Found;

typedef uint32_t (*Score)(const Coded *, const uint32_t *, uint32_t, float, float *, float *);

/* ---- sixteen rows: products, bounds, and which of them reach the floor ---- */

INLINE double regional(const Query *query, uint32_t row) {
    double sum = 0;
    for (int32_t at = 0; at < query->regions; at++)
        sum += query->weights[at] * query->regional[at][row];
    return sum;
}

INLINE float boosted(const Rows *of, const Query *query, uint32_t row) {
    double sum = regional(query, row);
    if (query->popularity != 0) sum += query->popularity * of->popularity[row];
    if (query->freshness != 0) sum += query->freshness * of->freshness[row];
    return (float)sum;
}

/* The product of a row's codes and what is asked, ZERO not taken off, modulo 2^32. */
typedef uint32_t (*Product)(const Coded *, const uint8_t *);

INLINE uint32_t scored(const Coded *coded, const uint32_t *rows, uint32_t first, float floor,
                       float *lower, float *upper, Product product) {
    const Rows *of = coded->rows;
    uint32_t reaching = 0;
    for (int lane = 0; lane < LANES; lane++) {
        uint32_t row = rows ? rows[lane] : first + (uint32_t)lane;
        float score = 0, width = coded->least;
        if (of->codes) {
            uint32_t sum = product(coded, of->codes + (int64_t)row * of->stride) - coded->zero;
            score = (float)(int32_t)sum * (of->scales[row] * coded->scale);
            width += coded->by_loss * of->losses[row];
        }
        score += boosted(of, coded->query, row);
        lower[lane] = score - width;
        upper[lane] = score + width;
        reaching |= (uint32_t)(upper[lane] >= floor) << lane;
    }
    return reaching;
}

static inline uint32_t product_portable(const Coded *coded, const uint8_t *codes) {
    uint32_t product = 0;
    for (int at = 0; at < coded->rows->stride; at++)
        product += (uint32_t)((int32_t)codes[at] * coded->whole[at]);
    return product;
}

static uint32_t score_portable(const Coded *coded, const uint32_t *rows, uint32_t first,
                               float floor, float *lower, float *upper) {
    return scored(coded, rows, first, floor, lower, upper, product_portable);
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,f16c")))

AVX2 static inline uint32_t product_avx2(const Coded *coded, const uint8_t *codes) {
    __m256i sum = _mm256_setzero_si256();
    for (int at = 0; at < coded->rows->stride; at += 16) {
        __m256i code = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(codes + at)));
        __m256i asked = _mm256_loadu_si256((const __m256i *)(coded->whole + at));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(code, asked));
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return (uint32_t)_mm_cvtsi128_si32(half);
}

AVX2 static uint32_t score_avx2(const Coded *coded, const uint32_t *rows, uint32_t first,
                                float floor, float *lower, float *upper) {
    return scored(coded, rows, first, floor, lower, upper, product_avx2);
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
AVX512 INLINE __m512i products(const Rows *of, const int8_t *asked, const uint32_t *rows,
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
            __m512i bytes = _mm512_loadu_si512(asked + WORD * block);
            for (int lane = 0; lane < 4; lane++)
                sums[lane] = _mm512_dpbusd_epi32(
                    sums[lane], _mm512_loadu_si512(at[lane] + WORD * block), bytes);
        }
        quarters[four] = QUARTERS(sums[0], sums[1], sums[2], sums[3]);
    }
    __m512i front = HALVES(quarters[0], quarters[1]), back = HALVES(quarters[2], quarters[3]);
    return HALVES(front, back);
}

AVX512 INLINE __m512i products_of_any(const Rows *of, const int8_t *asked, const uint32_t *rows,
                                      uint32_t first) {
    switch (of->stride / WORD) {
    case 6: return products(of, asked, rows, first, 6);
    case 12: return products(of, asked, rows, first, 12);
    default: return products(of, asked, rows, first, of->stride / WORD);
    }
}

AVX512 INLINE __m512 of_rows(const float *column, const uint32_t *rows, uint32_t first) {
    return rows ? _mm512_i32gather_ps(_mm512_loadu_si512(rows), column, 4)
                : _mm512_loadu_ps(column + first);
}

AVX512 INLINE __m512 single_of_rows(const double *column, const uint32_t *rows, uint32_t first) {
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

AVX512 INLINE __m512 boosts_of_rows(const Coded *coded, const uint32_t *rows, uint32_t first) {
    const Query *query = coded->query;
    __m512 sum = _mm512_setzero_ps();
    if (query->popularity != 0)
        sum = _mm512_mul_ps(single_of_rows(coded->rows->popularity, rows, first),
                            _mm512_set1_ps((float)query->popularity));
    if (query->freshness != 0)
        sum = _mm512_add_ps(sum, _mm512_mul_ps(single_of_rows(coded->rows->freshness, rows, first),
                                               _mm512_set1_ps((float)query->freshness)));
    for (int32_t at = 0; at < query->regions; at++)
        sum = _mm512_add_ps(sum, _mm512_mul_ps(single_of_rows(query->regional[at], rows, first),
                                               _mm512_set1_ps((float)query->weights[at])));
    return sum;
}

AVX512 static uint32_t score_avx512(const Coded *coded, const uint32_t *rows, uint32_t first,
                                    float floor, float *lower, float *upper) {
    const Rows *of = coded->rows;
    __m512 score = _mm512_setzero_ps(), width = _mm512_set1_ps(coded->least);
    __m512 added = boosts_of_rows(coded, rows, first);
    if (of->codes) {
        __m512i zero = _mm512_set1_epi32((int32_t)coded->zero);
        __m512 scale = _mm512_mul_ps(of_rows(of->scales, rows, first), _mm512_set1_ps(coded->scale));
        __m512 lost = _mm512_mul_ps(_mm512_set1_ps(coded->by_loss), of_rows(of->losses, rows, first));
        /* The upper bytes of what is asked rule most rows out. */
        __m512i sums = _mm512_slli_epi32(products_of_any(of, coded->high, rows, first), 8);
        __m512i high_zero = _mm512_set1_epi32((int32_t)coded->high_zero);
        score = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums, high_zero)), scale);
        __m512 most = _mm512_add_ps(_mm512_add_ps(score, added),
                                    _mm512_add_ps(lost, _mm512_set1_ps(coded->high_least)));
        if (!_mm512_cmp_ps_mask(most, _mm512_set1_ps(floor), _CMP_GE_OQ)) return 0;
        sums = _mm512_add_epi32(sums, products_of_any(of, coded->low, rows, first));
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
INLINE float single(uint16_t half) {
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
INLINE double summed(const float *row, const double *vector, int32_t n) {
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

/* A row's similarity; `room` holds d numbers. `widened` brings as many halves to single precision as
   it can at once, and returns how many these are. */
#define SIMILARITY(name, target, widened)                                                         \
    target static double name##_sum(const float *row, const double *vector, int32_t n) {          \
        if (n <= 128) return summed(row, vector, n);                                              \
        int32_t half = n / 2;                                                                     \
        half -= half % 8;                                                                         \
        return name##_sum(row, vector, half) + name##_sum(row + half, vector + half, n - half);   \
    }                                                                                             \
    target static double name(const Rows *rows, uint32_t row, const double *vector, float *room) { \
        int64_t at = (int64_t)row * rows->d;                                                      \
        if (!rows->half) return name##_sum((const float *)rows->vectors + at, vector, rows->d);   \
        const uint16_t *halves = (const uint16_t *)rows->vectors + at;                            \
        int32_t done = widened(halves, room, rows->d);                                            \
        for (; done < rows->d; done++) room[done] = single(halves[done]);                         \
        return name##_sum(room, vector, rows->d);                                                 \
    }

#define NONE_AT_ONCE(halves, room, n) 0

SIMILARITY(similarity_portable, , NONE_AT_ONCE)

#if defined(__x86_64__)
AVX2 static int32_t widened_avx2(const uint16_t *halves, float *room, int32_t n) {
    int32_t at = 0;
    for (; at + 8 <= n; at += 8)
        _mm256_storeu_ps(room + at, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + at))));
    return at;
}
SIMILARITY(similarity_avx2, AVX2, widened_avx2)

AVX512 static int32_t widened_avx512(const uint16_t *halves, float *room, int32_t n) {
    int32_t at = 0;
    for (; at + 16 <= n; at += 16)
        _mm512_storeu_ps(room + at,
                         _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(halves + at))));
    return at;
}
SIMILARITY(similarity_avx512, AVX512, widened_avx512)
#endif

/* ---- which of several ways this machine knows ---- */

typedef struct {
    const char *name;
    Score score;
    double (*similarity)(const Rows *, uint32_t, const double *, float *);
} Way;

static const Way WAYS[] = {
#if defined(__x86_64__)
    {"AVX-512 VNNI", score_avx512, similarity_avx512},
    {"AVX2", score_avx2, similarity_avx2},
#endif
    {"portable", score_portable, similarity_portable},
};

static int known(int way) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (way == 0)
        return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (way == 1) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c");
#endif
    return way >= 0 && way < (int)(sizeof WAYS / sizeof *WAYS);
}

/* Return the name of a way, quickest first, "" for one that this machine lacks, none past the last. */
const char *rasika_way(int way) {
    if (way < 0 || way >= (int)(sizeof WAYS / sizeof *WAYS)) return NULL;
    return known(way) ? WAYS[way].name : "";
}

/* Return the sizes of what is passed, by which to tell a library that was built of older sources. */
int64_t rasika_sizes(void) { return (int64_t)sizeof(Rows) << 32 | (int64_t)sizeof(Query); }

/* ---- a query's codes ---- */

static int code(Coded *coded, const Rows *rows, const Query *query) {
    memset(coded, 0, sizeof *coded);
    coded->rows = rows;
    coded->query = query;
    coded->least = ROUNDING * (1 + (float)query->total);
    atomic_store(&coded->floor, -INFINITY);
    if (!query->vector) return 1;
    int32_t d = rows->d, stride = rows->stride;
    char *memory = calloc((size_t)stride, 4);
    if (!memory) return 0;
    coded->whole = (int16_t *)memory;
    coded->high = (int8_t *)memory + 2 * (size_t)stride;
    coded->low = coded->high + stride;
    float most = 0;
    double length = 0, lost = 0, high_lost = 0;
    for (int32_t at = 0; at < d; at++) {
        most = fmaxf(most, fabsf(query->vector[at]));
        length += (double)query->vector[at] * query->vector[at];
    }
    /* The sum of d products of 127 and this fits 31 bits; its upper byte fits eight. */
    double levels = fmin(32639, floor(2147483647.0 / (127.0 * d)));
    coded->scale = most > 0 ? (float)(most / levels) : 1;
    int32_t sum = 0, high_sum = 0;
    for (int32_t at = 0; at < d; at++) {
        long whole = lrint((double)query->vector[at] / coded->scale);
        long high = (whole + ZERO) >> 8;
        double rest = query->vector[at] - (double)coded->scale * (double)whole;
        double high_rest = query->vector[at] - 256 * (double)coded->scale * (double)high;
        lost += rest * rest;
        high_lost += high_rest * high_rest;
        sum += (int32_t)whole;
        high_sum += 256 * (int32_t)high;
        coded->whole[at] = (int16_t)whole;
        coded->high[at] = (int8_t)high;
        coded->low[at] = (int8_t)(whole - 256 * high);
    }
    coded->zero = (uint32_t)sum * ZERO;
    coded->high_zero = (uint32_t)high_sum * ZERO;
    float rounding = ROUNDING * (1 + (float)sqrt(length) + (float)query->total);
    /* |t b| is at most |q| + |f|; a thousandth more covers the rounding of these numbers. */
    coded->by_loss = (float)((sqrt(length) + fmax(sqrt(lost), sqrt(high_lost))) * 1.001);
    coded->least = (float)(sqrt(lost) * 1.001) + rounding;
    coded->high_least = (float)(sqrt(high_lost) * 1.001) + rounding;
    return 1;
}

/* ---- candidates ---- */

static void sink(float *heap, int64_t held) {
    float value = heap[0];
    int64_t at = 0, child;
    while ((child = 2 * at + 1) < held) {
        if (child + 1 < held && heap[child + 1] < heap[child]) child++;
        if (value <= heap[child]) break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

static void lift(float *heap, int64_t at) {
    float value = heap[at];
    while (at > 0 && heap[(at - 1) / 2] > value) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = value;
}

INLINE float raised(Coded *coded, float mine) {
    float floor = atomic_load_explicit(&coded->floor, memory_order_relaxed);
    while (mine > floor &&
           !atomic_compare_exchange_weak_explicit(&coded->floor, &floor, mine,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    return mine > floor ? mine : floor;
}

static void keep(Coded *coded, Found *found, uint32_t row, float lower, float upper) {
    uint32_t died = coded->rows->died[row];
    if (died && died <= coded->rows->version) return;
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
    int64_t k = coded->query->k;
    if (found->held < k) {
        found->heap[found->held] = lower;
        lift(found->heap, found->held++);
    } else if (lower > found->heap[0]) {
        found->heap[0] = lower;
        sink(found->heap, k);
    } else {
        return;
    }
    if (found->held == k) raised(coded, found->heap[0]);
}

/* Have what the pass needs of a row brought near. */
INLINE void fetch(const Coded *coded, uint32_t row) {
    const Rows *rows = coded->rows;
    const Query *query = coded->query;
    if (rows->codes) {
        for (int at = 0; at < rows->stride; at += WORD)
            __builtin_prefetch(rows->codes + (int64_t)row * rows->stride + at);
        __builtin_prefetch(rows->scales + row);
        __builtin_prefetch(rows->losses + row);
    }
    if (query->popularity != 0) __builtin_prefetch(rows->popularity + row);
    if (query->freshness != 0) __builtin_prefetch(rows->freshness + row);
    for (int32_t at = 0; at < query->regions; at++) __builtin_prefetch(query->regional[at] + row);
}

/* Score the rows from `begin`, a multiple of 64, to `end` that the mask leaves. */
INLINE void scan(Coded *coded, Found *found, int64_t begin, int64_t end, Score score) {
    const uint64_t *mask = coded->query->mask;
    uint32_t gathered[LAG + 2 * LANES];
    float lower[LANES], upper[LANES];
    int waiting = 0;
    for (int64_t first = begin; first < end; first += WORD) {
        uint64_t word = mask ? mask[first / WORD] : ~UINT64_C(0);
        if (end - first < WORD) word &= (UINT64_C(1) << (end - first)) - 1;
        for (int part = 0; word; part += LANES, word >>= LANES) {
            uint32_t bits = (uint32_t)word & 0xffff;
            if (!bits) continue;
            float floor = atomic_load_explicit(&coded->floor, memory_order_relaxed);
            if (__builtin_popcount(bits) >= DENSE) {
                bits &= score(coded, NULL, (uint32_t)(first + part), floor, lower, upper);
                for (; bits; bits &= bits - 1) {
                    int lane = __builtin_ctz(bits);
                    keep(coded, found, (uint32_t)(first + part + lane), lower[lane], upper[lane]);
                }
                continue;
            }
            for (; bits; bits &= bits - 1) {
                uint32_t row = (uint32_t)(first + part + __builtin_ctz(bits));
                gathered[waiting++] = row;
                fetch(coded, row);
            }
            if (waiting < LAG + LANES) continue;
            bits = score(coded, gathered, 0, floor, lower, upper);
            for (; bits; bits &= bits - 1) {
                int lane = __builtin_ctz(bits);
                keep(coded, found, gathered[lane], lower[lane], upper[lane]);
            }
            waiting -= LANES;
            memmove(gathered, gathered + LANES, (size_t)waiting * sizeof *gathered);
        }
    }
    for (int from = 0; from < waiting; from += LANES) {
        int left = waiting - from < LANES ? waiting - from : LANES;
        for (int lane = left; lane < LANES; lane++) gathered[from + lane] = gathered[from];
        float floor = atomic_load_explicit(&coded->floor, memory_order_relaxed);
        uint32_t bits = score(coded, gathered + from, 0, floor, lower, upper) & ((1u << left) - 1);
        for (; bits; bits &= bits - 1) {
            int lane = __builtin_ctz(bits);
            keep(coded, found, gathered[from + lane], lower[lane], upper[lane]);
        }
    }
}

/* ---- exact scores ---- */

typedef struct {
    double score, similarity;
    int64_t id;
    uint32_t row;
} Exact;

static int better_first(const void *one, const void *other) {
    const Exact *a = one, *b = other;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Bring the k best, by the order of `better_first`, to the front (Hoare's quickselect). */
static void select_best(Exact *all, int64_t n, int64_t k) {
    int64_t low = 0, high = n - 1;
    while (low < high) {
        Exact pivot = all[low + (high - low) / 2];
        int64_t left = low, right = high;
        while (left <= right) {
            while (better_first(&all[left], &pivot) < 0) left++;
            while (better_first(&pivot, &all[right]) < 0) right--;
            if (left <= right) {
                Exact other = all[left];
                all[left++] = all[right];
                all[right--] = other;
            }
        }
        if (k - 1 <= right) high = right;
        else if (k - 1 >= left) low = left;
        else return;
    }
}

static void answer(const Coded *coded, const Candidate *candidates, int64_t count, const Way *way) {
    const Rows *rows = coded->rows;
    Query *query = (Query *)coded->query;
    double *vector = NULL;
    Exact *all = malloc((size_t)(count ? count : 1) * sizeof *all);
    float *room = NULL;
    if (query->vector) {
        vector = malloc((size_t)rows->d * sizeof *vector);
        room = malloc((size_t)rows->d * sizeof *room);
    }
    const int64_t row_bytes = (int64_t)rows->d * (rows->half ? 2 : 4);
    query->found = query->rescored = -1;
    if (!all || (query->vector && (!vector || !room))) goto end;
    for (int32_t at = 0; vector && at < rows->d; at++) vector[at] = query->vector[at];
    for (int64_t at = 0; at < count; at++) {
        uint32_t row = candidates[at].row;
        double near = 0;
        if (vector) {
            if (at + AHEAD < count) {
                uint32_t later = candidates[at + AHEAD].row;
                const char *next = (const char *)rows->vectors + later * row_bytes;
                for (int64_t line = 0; line < row_bytes; line += 64) __builtin_prefetch(next + line);
                __builtin_prefetch(rows->ids + later);
                __builtin_prefetch(rows->popularity + later);
                __builtin_prefetch(rows->freshness + later);
                for (int32_t region = 0; region < query->regions; region++)
                    __builtin_prefetch(query->regional[region] + later);
            }
            near = way->similarity(rows, row, vector, room);
        }
        double score = near + query->popularity * rows->popularity[row] + regional(query, row) +
                       query->freshness * rows->freshness[row];
        all[at] = (Exact){score, near, rows->ids[row], row};
    }
    int64_t k = query->k < count ? query->k : count;
    if (k < count) select_best(all, count, k);
    qsort(all, (size_t)k, sizeof *all, better_first);
    for (int64_t at = 0; at < k; at++) {
        uint32_t row = all[at].row;
        query->ids[at] = all[at].id;
        query->terms[at] = all[at].similarity;
        query->terms[query->k + at] = query->popularity * rows->popularity[row];
        query->terms[2 * query->k + at] = regional(query, row);
        query->terms[3 * query->k + at] = query->freshness * rows->freshness[row];
    }
    query->found = k;
    query->rescored = count;
end:
    free(room);
    free(vector);
    free(all);
}

/* ---- one or several cores ---- */

/* What the threads that take part in a call work on. */
typedef struct {
    Coded *coded; /* (queries,) */
    Found *found; /* (1 + MOST_HELPERS, queries) */
    int64_t queries, n;
    const Way *way;
    atomic_int_fast64_t next; /* the first row that nobody has taken */
    int threads;
} Job;

static void take_part(Job *job, int thread) {
    Found *found = job->found + thread * job->queries;
    int64_t begin;
    while ((begin = atomic_fetch_add(&job->next, CHUNK)) < job->n) {
        int64_t end = begin + CHUNK < job->n ? begin + CHUNK : job->n;
        for (int64_t step = job->queries > 1 ? BLOCK : CHUNK, to; begin < end; begin = to) {
            to = begin + step < end ? begin + step : end;
            for (int64_t at = 0; at < job->queries; at++)
                scan(job->coded + at, found + at, begin, to, job->way->score);
        }
    }
}

/* A helper that keeps the caller waiting for longer than its last rows take has no core of its own:
   somebody else works there. Then calls go on alone for a while, and for longer each time. */
static const double PATIENCE_S = 2e-4, FIRST_PAUSE_S = 0.004, LONGEST_PAUSE_S = 2;

/* Threads that wait for a job. Only one call has them at a time; others go on alone. */
static struct {
    pthread_mutex_t one_call, guard;
    pthread_cond_t begun, ended;
    Job *job;
    uint64_t number; /* of the job */
    int working, started;
    double pause_s, alone_until; /* by `now` */
} pool = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
          PTHREAD_COND_INITIALIZER, NULL, 0, 0, 0, 0, 0};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *help(void *number) {
    int thread = (int)(intptr_t)number;
    uint64_t last = 0;
    pthread_mutex_lock(&pool.guard);
    for (;;) {
        while (!pool.job || pool.number == last || thread >= pool.job->threads)
            pthread_cond_wait(&pool.begun, &pool.guard);
        Job *job = pool.job;
        last = pool.number;
        pool.working++;
        pthread_mutex_unlock(&pool.guard);
        take_part(job, thread);
        pthread_mutex_lock(&pool.guard);
        if (!--pool.working) pthread_cond_signal(&pool.ended);
    }
    return NULL;
}

/* A child process has none of its parent's threads. */
static void forget_pool(void) {
    pthread_mutex_init(&pool.one_call, NULL);
    pthread_mutex_init(&pool.guard, NULL);
    pthread_cond_init(&pool.begun, NULL);
    pthread_cond_init(&pool.ended, NULL);
    pool.job = NULL;
    pool.working = pool.started = 0;
}

static void start_helpers(int wanted) {
    static int registered;
    if (!registered) registered = !pthread_atfork(NULL, NULL, forget_pool);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    while (pool.started < wanted) {
        pthread_t thread;
        if (pthread_create(&thread, &detached, help, (void *)(intptr_t)(pool.started + 1))) break;
        pool.started++;
    }
    pthread_attr_destroy(&detached);
}

/* Take the helpers, unless there is too little to do, or they are taken, or had no core lately. */
static int take_helpers(const Job *job) {
    if (job->threads < 2 || job->n <= CHUNK || pthread_mutex_trylock(&pool.one_call)) return 0;
    if (now() >= pool.alone_until) return 1;
    pthread_mutex_unlock(&pool.one_call);
    return 0;
}

static void run(Job *job) {
    int helpers = job->threads - 1;
    if (!take_helpers(job)) {
        job->threads = 1;
        take_part(job, 0);
        return;
    }
    pthread_mutex_lock(&pool.guard);
    start_helpers(helpers);
    pool.job = job;
    pool.number++;
    pthread_cond_broadcast(&pool.begun);
    pthread_mutex_unlock(&pool.guard);
    take_part(job, 0);
    double done = now();
    pthread_mutex_lock(&pool.guard);
    pool.job = NULL; /* who has not begun by now does not */
    while (pool.working) pthread_cond_wait(&pool.ended, &pool.guard);
    pthread_mutex_unlock(&pool.guard);
    double end = now();
    if (end - done < PATIENCE_S) {
        pool.pause_s = 0;
    } else {
        pool.pause_s = fmin(fmax(2 * pool.pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S);
        pool.alone_until = end + pool.pause_s;
    }
    pthread_mutex_unlock(&pool.one_call);
}

/* Put together what the threads found for a query, and answer it. */
static void finish(Job *job, int64_t at) {
    Coded *coded = job->coded + at;
    float floor = -INFINITY;
    float *heap = job->found[at].heap;
    Candidate *all = NULL;
    int64_t count = 0, held = job->found[at].held, k = coded->query->k;
    int failed = 0;
    for (int thread = 0; thread < job->threads; thread++) {
        Found *found = job->found + thread * job->queries + at;
        count += found->count;
        failed |= found->failed;
        for (int64_t low = 0; thread && low < found->held; low++) {
            if (held < k) {
                heap[held] = found->heap[low];
                lift(heap, held++);
            } else if (found->heap[low] > heap[0]) {
                heap[0] = found->heap[low];
                sink(heap, k);
            }
        }
    }
    if (held == k) floor = heap[0];
    all = malloc((size_t)(count ? count : 1) * sizeof *all);
    if (failed || !all) {
        ((Query *)coded->query)->found = -1;
        free(all);
        return;
    }
    count = 0;
    for (int thread = 0; thread < job->threads; thread++) {
        Found *found = job->found + thread * job->queries + at;
        for (int64_t one = 0; one < found->count; one++)
            if (found->candidates[one].upper >= floor) all[count++] = found->candidates[one];
    }
    answer(coded, all, count, job->way);
    free(all);
}

/* Answer queries over the same rows, which are read once for all of them; `way` is one of
   `rasika_way`'s. Queries of other spaces go by themselves. Return whether memory sufficed. */
int rasika_search(const Rows *rows, Query *queries, int64_t count, int threads, int way) {
    if (threads > 1 + MOST_HELPERS) threads = 1 + MOST_HELPERS;
    int good = 0;
    Job job = {.queries = count, .n = rows->n, .way = WAYS + way, .threads = threads};
    int64_t heaps = 0;
    for (int64_t at = 0; at < count; at++) heaps += queries[at].k;
    job.coded = calloc((size_t)count, sizeof *job.coded);
    job.found = calloc((size_t)(count * threads), sizeof *job.found);
    float *memory = malloc((size_t)(heaps * threads) * sizeof *memory), *heap = memory;
    if (!job.coded || !job.found || !memory) goto end;
    for (int64_t at = 0; at < count; at++)
        if (!code(job.coded + at, rows, queries + at)) goto end;
    for (int thread = 0; thread < threads; thread++)
        for (int64_t at = 0; at < count; at++) {
            job.found[thread * count + at].heap = heap;
            heap += queries[at].k;
        }
    run(&job);
    good = 1;
    for (int64_t at = 0; at < count; at++) {
        finish(&job, at);
        good &= queries[at].found >= 0;
    }
end:
    if (job.found)
        for (int64_t at = 0; at < count * threads; at++) free(job.found[at].candidates);
    if (job.coded)
        for (int64_t at = 0; at < count; at++) free(job.coded[at].whole);
    free(memory);
    free(job.coded);
    free(job.found);
    return good;
}
