/* One pass through the model. encoder.c includes this file once per instruction set, after defining
 * NAME, TARGET, LANES (floats in a register), MAX_TILE_TOKENS (tokens in a tile), the register
 * functions, and `tile`. */

INLINED floats NAME(load)(const float *from) { return *(const floats *)from; }
INLINED void NAME(store)(float *to, floats x) { *(floats *)to = x; }
INLINED floats NAME(splat)(float x) { return (floats){0} + x; }
INLINED floats NAME(absolute)(floats x) { return (floats)((ints)x & 0x7fffffff); }

/* 2^x for x <= 0: the whole part through the exponent bits, the rest by a polynomial (1e-7). */
INLINED floats NAME(exp2)(floats x) {
    x = NAME(maximum)(x, NAME(splat)(-126.0f));
    floats whole = x + ROUNDING_OFFSET;
    ints bits = (ints)whole << 23;
    x -= whole - ROUNDING_OFFSET;
    floats y = x * 1.327645892e-3f + 9.675542222e-3f;
    y = y * x + 5.550713323e-2f;
    y = y * x + 2.402211971e-1f;
    y = y * x + 6.931469670e-1f;
    y = y * x + 1.000000072f;
    return (floats)((ints)y + bits);
}

/* x times the normal distribution function at x, by a quotient of polynomials (within 6e-6). */
INLINED floats NAME(gelu)(floats x) {
    floats clipped = NAME(maximum)(x, NAME(splat)(-GELU_CUTOFF));
    clipped = -NAME(maximum)(-clipped, NAME(splat)(-GELU_CUTOFF));
    floats z = clipped * clipped;
    floats above = z * 3.148107431e-5f + 3.786539122e-3f;
    above = above * z + 2.841454271e-2f;
    above = above * z + 3.989055398e-1f;
    floats below = z * 1.126526452e-3f + 2.421069130e-2f;
    below = below * z + 2.377169570e-1f;
    below = below * z + 1.0f;
    return x * (clipped * above / below + 0.5f);
}

/* Rounds 32 numbers to bytes, with 128 as 0, and a scale: the largest is 127 away from 128. */
INLINED void NAME(quantize)(const floats *x, uint8_t *bytes, float *scale) {
    floats most = NAME(absolute)(x[0]);
    for (int part = 1; part < BLOCK / LANES; part++)
        most = NAME(maximum)(most, NAME(absolute)(x[part]));
    float found = NAME(largest_lane)(most) / 127.0f;
    float inverse = found > 0 ? 1.0f / found : 0.0f;
    for (int part = 0; part < BLOCK / LANES; part++)
        NAME(store_low_bytes)((ints)(x[part] * inverse + (ROUNDING_OFFSET + 128.0f)),
                              bytes + part * LANES);
    *scale = found;
}

/* Unpacks the weights of a panel to a byte each. */
INLINED void NAME(unpack)(const uint8_t *nibbles, int blocks, int8_t *panel) {
    for (int block = 0; block < blocks;
         block++, nibbles += PANEL_BLOCK_BYTES, panel += 2 * PANEL_BLOCK_BYTES)
        for (int at = 0; at < PANEL_BLOCK_BYTES; at++) {
            panel[at] = (int8_t)((nibbles[at] & 15) - ZERO_NIBBLE);
            panel[at + PANEL_BLOCK_BYTES] = (int8_t)((nibbles[at] >> 4) - ZERO_NIBBLE);
        }
}

/* Multiplies all tokens with a matrix, a panel at a time, into floats (tokens, outputs). */
NOT_INLINED void NAME(linear)(
    const struct linear *by, const struct quantized *x, int tokens, int8_t *panel, float *into
) {
    int blocks = by->inputs / BLOCK;
    float product[MAX_TILE_TOKENS][BLOCK] __attribute__((aligned(ALIGNMENT_BYTES)));
    for (int number = 0; number < by->outputs / BLOCK; number++) {
        size_t first = (size_t)number * blocks;
        NAME(unpack)(by->nibbles + first * PANEL_BLOCK_BYTES, blocks, panel);
        floats bias[BLOCK / LANES];
        for (int part = 0; part < BLOCK / LANES; part++)
            bias[part] = NAME(load)(by->bias + number * BLOCK + part * LANES);
        for (int token = 0; token < tokens; token += MAX_TILE_TOKENS) {
            int count = tokens - token < MAX_TILE_TOKENS ? tokens - token : MAX_TILE_TOKENS;
            struct quantized tile = offset_by(x, (size_t)token * blocks);
            NAME(tile)(panel, by->scales + first * BLOCK, by->zeros + first * BLOCK, &tile, blocks,
                       count, product);
            for (int each = 0; each < count; each++) {
                float *row = into + (size_t)(token + each) * by->outputs + number * BLOCK;
                for (int part = 0; part < BLOCK / LANES; part++) {
                    floats found = NAME(load)(product[each] + part * LANES) + bias[part];
                    NAME(store)(row + part * LANES, found);
                }
            }
        }
    }
}

/* The same followed by GELU and rounding; the outputs of a panel are one block of the next input. */
NOT_INLINED void NAME(linear_gelu)(
    const struct linear *by, const struct quantized *x, int tokens, int8_t *panel,
    const struct quantized *onto
) {
    int blocks = by->inputs / BLOCK, wide = by->outputs / BLOCK;
    float product[MAX_TILE_TOKENS][BLOCK] __attribute__((aligned(ALIGNMENT_BYTES)));
    for (int number = 0; number < wide; number++) {
        size_t first = (size_t)number * blocks;
        NAME(unpack)(by->nibbles + first * PANEL_BLOCK_BYTES, blocks, panel);
        floats bias[BLOCK / LANES];
        for (int part = 0; part < BLOCK / LANES; part++)
            bias[part] = NAME(load)(by->bias + number * BLOCK + part * LANES);
        for (int token = 0; token < tokens; token += MAX_TILE_TOKENS) {
            int count = tokens - token < MAX_TILE_TOKENS ? tokens - token : MAX_TILE_TOKENS;
            struct quantized tile = offset_by(x, (size_t)token * blocks);
            NAME(tile)(panel, by->scales + first * BLOCK, by->zeros + first * BLOCK, &tile, blocks,
                       count, product);
            for (int each = 0; each < count; each++) {
                floats found[BLOCK / LANES];
                for (int part = 0; part < BLOCK / LANES; part++)
                    found[part] =
                        NAME(gelu)(NAME(load)(product[each] + part * LANES) + bias[part]);
                size_t to = (size_t)(token + each) * wide + number;
                NAME(quantize)(found, onto->bytes + to * BLOCK, onto->scales + to);
            }
        }
    }
}

/* Normalizes x + y to mean 0 and variance 1, scales and shifts it, and rounds it as next input. */
NOT_INLINED void NAME(normalise)(
    float *x, const float *y, const struct norm *by, float epsilon, int tokens, int hidden,
    const struct quantized *onto
) {
    size_t to = 0;
    for (int token = 0; token < tokens; token++, x += hidden) {
        floats sums = {0}, squares = {0};
        for (int at = 0; at < hidden; at += LANES) {
            floats each = NAME(load)(x + at);
            if (y) each += NAME(load)(y + (size_t)token * hidden + at);
            NAME(store)(x + at, each);
            sums += each;
        }
        float mean = NAME(sum)(sums) / hidden;
        for (int at = 0; at < hidden; at += LANES) {
            floats each = NAME(load)(x + at) - mean;
            squares += each * each;
        }
        float inverse = 1.0f / sqrtf(NAME(sum)(squares) / hidden + epsilon);
        for (int at = 0; at < hidden; at += BLOCK, to++) {
            floats block[BLOCK / LANES];
            for (int part = 0; part < BLOCK / LANES; part++) {
                int from = at + part * LANES;
                floats plain = (NAME(load)(x + from) - mean) * inverse;
                block[part] = plain * NAME(load)(by->weight + from) + NAME(load)(by->bias + from);
                NAME(store)(x + from, block[part]);
            }
            NAME(quantize)(block, onto->bytes + to * BLOCK, onto->scales + to);
        }
    }
}

/* Computes the attention weights of QUERIES_AT_ONCE queries: 2 to the product with each key. */
INLINED void NAME(attention_weights)(
    const float *queries, int stride, const float *keys, int length, float *weights,
    float *inverses
) {
    int filled = PADDED_LENGTH(length);
    for (int key = 0; key < filled; key += LANES) {
        floats sums[QUERIES_AT_ONCE];
        for (int query = 0; query < QUERIES_AT_ONCE; query++) sums[query] = (floats){0};
#pragma GCC unroll 4
        for (int at = 0; at < HEAD_SIZE; at++) {
            floats by = NAME(load)(keys + (size_t)at * filled + key);
            for (int query = 0; query < QUERIES_AT_ONCE; query++)
                sums[query] += by * queries[(size_t)query * stride + at];
        }
        for (int query = 0; query < QUERIES_AT_ONCE; query++)
            NAME(store)(weights + query * filled + key, sums[query] * LOG2_ATTENTION_SCALE);
    }
    for (int query = 0; query < QUERIES_AT_ONCE; query++, weights += filled) {
        for (int key = length; key < filled; key++) weights[key] = -INFINITY;
        floats greatest = NAME(load)(weights), sums = {0};
        for (int key = LANES; key < filled; key += LANES)
            greatest = NAME(maximum)(greatest, NAME(load)(weights + key));
        float most = NAME(largest_lane)(greatest);
        for (int key = 0; key < filled; key += LANES) {
            floats found = NAME(exp2)(NAME(load)(weights + key) - most);
            NAME(store)(weights + key, found);
            sums += found;
        }
        inverses[query] = 1.0f / NAME(sum)(sums);
    }
}

/* Sums the values by those weights for the first `count` queries, and rounds them. */
INLINED void NAME(weighted_values)(
    const float *values, int stride, int length, const float *weights, const float *inverses,
    int count, int heads, const struct quantized *onto
) {
    int filled = PADDED_LENGTH(length);
    floats sums[QUERIES_AT_ONCE][HEAD_SIZE / LANES];
    for (int query = 0; query < QUERIES_AT_ONCE; query++)
        for (int part = 0; part < HEAD_SIZE / LANES; part++) sums[query][part] = (floats){0};
    for (int key = 0; key < length; key++)
        for (int part = 0; part < HEAD_SIZE / LANES; part++) {
            floats value = NAME(load)(values + (size_t)key * stride + part * LANES);
            for (int query = 0; query < QUERIES_AT_ONCE; query++)
                sums[query][part] += value * weights[query * filled + key];
        }
    for (int query = 0; query < QUERIES_AT_ONCE; query++) {
        for (int part = 0; part < HEAD_SIZE / LANES; part++) sums[query][part] *= inverses[query];
        if (query < count) {
            size_t to = (size_t)query * heads;
            NAME(quantize)(sums[query], onto->bytes + to * BLOCK, onto->scales + to);
        }
    }
}

/* Attention within one sequence. `projected` has QUERIES_AT_ONCE spare rows past its end. */
NOT_INLINED void NAME(attention)(
    const float *projected, int hidden, int length, float *scratch, const struct quantized *onto
) {
    int stride = 3 * hidden, heads = hidden / HEAD_SIZE, filled = PADDED_LENGTH(length);
    float *keys = scratch, *weights = scratch + (size_t)HEAD_SIZE * filled;
    float inverses[QUERIES_AT_ONCE];
    for (int head = 0; head < heads; head++) {
        const float *queries = projected + head * HEAD_SIZE;
        for (int at = 0; at < HEAD_SIZE; at++)
            for (int key = 0; key < length; key++)
                keys[(size_t)at * filled + key] = queries[(size_t)key * stride + hidden + at];
        for (int at = 0; at < HEAD_SIZE; at++)
            for (int key = length; key < filled; key++) keys[(size_t)at * filled + key] = 0;
        for (int token = 0; token < length; token += QUERIES_AT_ONCE) {
            int count = length - token < QUERIES_AT_ONCE ? length - token : QUERIES_AT_ONCE;
            struct quantized part = offset_by(onto, (size_t)token * heads + head);
            NAME(attention_weights)(queries + (size_t)token * stride, stride, keys, length, weights,
                                    inverses);
            NAME(weighted_values)(queries + 2 * hidden, stride, length, weights, inverses, count,
                                  heads, &part);
        }
    }
}

static TARGET void NAME(forward)(
    const struct model *model, const int32_t *ids, const int32_t *lengths, int sequences,
    const struct workspace *workspace, float *means
) {
    int hidden = model->hidden, tokens = 0;
    const struct quantized *narrow = &workspace->narrow, *wide = &workspace->wide;
    for (int number = 0; number < sequences; number++)
        for (int index = 0; index < lengths[number]; index++, tokens++)
            embed_token(model, ids[tokens], index, workspace->x + (size_t)tokens * hidden);
    NAME(normalise)(workspace->x, NULL, &model->embedding_norm, model->epsilon, tokens, hidden,
                    narrow);
    for (int number = 0; number < model->layers; number++) {
        const struct layer *layer = model->layer_array + number;
        NAME(linear)(&layer->qkv, narrow, tokens, workspace->panel, workspace->projected);
        for (int each = 0, at = 0; each < sequences; at += lengths[each++]) {
            struct quantized part = offset_by(narrow, (size_t)at * (hidden / BLOCK));
            NAME(attention)(workspace->projected + (size_t)at * 3 * hidden, hidden, lengths[each],
                            workspace->scratch, &part);
        }
        NAME(linear)(&layer->attention_output, narrow, tokens, workspace->panel,
                     workspace->projected);
        NAME(normalise)(workspace->x, workspace->projected, &layer->attention_norm, model->epsilon,
                        tokens, hidden, narrow);
        NAME(linear_gelu)(&layer->feed_forward_in, narrow, tokens, workspace->panel, wide);
        NAME(linear)(&layer->feed_forward_out, wide, tokens, workspace->panel,
                     workspace->projected);
        NAME(normalise)(workspace->x, workspace->projected, &layer->output_norm, model->epsilon,
                        tokens, hidden, narrow);
    }
    const float *x = workspace->x;
    for (int number = 0; number < sequences; number++, means += hidden) {
        for (int at = 0; at < hidden; at++) means[at] = 0;
        for (int token = 0; token < lengths[number]; token++, x += hidden)
            for (int at = 0; at < hidden; at++) means[at] += x[at];
        for (int at = 0; at < hidden; at++) means[at] /= (float)lengths[number];
    }
}

#undef NAME
#undef TARGET
#undef LANES
#undef MAX_TILE_TOKENS
