/* A pass through the model, once per set of instructions: before each inclusion encoder.c defines
 * NAME, TARGET, LANES (floats in a register), MOST (tokens in a tile), what registers hold, and
 * `tile`. */

HERE floats NAME(load)(const float *from) { return *(const floats *)from; }
HERE void NAME(store)(float *to, floats x) { *(floats *)to = x; }
HERE floats NAME(all)(float x) { return (floats){0} + x; }
HERE floats NAME(size)(floats x) { return (floats)((ints)x & 0x7fffffff); }

/* 2^x for x <= 0: whole powers by the exponent's bits, the rest by a polynomial within 1e-7. */
HERE floats NAME(power)(floats x) {
    x = NAME(greater)(x, NAME(all)(-126.0f));
    floats whole = x + WHOLE;
    ints bits = (ints)whole << 23;
    x -= whole - WHOLE;
    floats y = x * 1.327645892e-3f + 9.675542222e-3f;
    y = y * x + 5.550713323e-2f;
    y = y * x + 2.402211971e-1f;
    y = y * x + 6.931469670e-1f;
    y = y * x + 1.000000072f;
    return (floats)((ints)y + bits);
}

/* x times the share of a normal distribution below it, by a quotient of polynomials within 6e-6. */
HERE floats NAME(gelu)(floats x) {
    floats near = NAME(greater)(x, NAME(all)(-BEYOND));
    near = -NAME(greater)(-near, NAME(all)(-BEYOND));
    floats z = near * near;
    floats above = z * 3.148107431e-5f + 3.786539122e-3f;
    above = above * z + 2.841454271e-2f;
    above = above * z + 3.989055398e-1f;
    floats below = z * 1.126526452e-3f + 2.421069130e-2f;
    below = below * z + 2.377169570e-1f;
    below = below * z + 1.0f;
    return x * (near * above / below + 0.5f);
}

/* 32 numbers as bytes, 128 standing for nothing, and a scale: the greatest is 127 from it. */
HERE void NAME(rounded)(const floats *x, uint8_t *bytes, float *scale) {
    floats most = NAME(size)(x[0]);
    for (int part = 1; part < BLOCK / LANES; part++)
        most = NAME(greater)(most, NAME(size)(x[part]));
    float found = NAME(greatest)(most) / 127.0f;
    float inverse = found > 0 ? 1.0f / found : 0.0f;
    for (int part = 0; part < BLOCK / LANES; part++)
        NAME(lowest)((ints)(x[part] * inverse + (WHOLE + 128.0f)), bytes + part * LANES);
    *scale = found;
}

/* Weights of a panel, a byte each. */
HERE void NAME(unpack)(const uint8_t *nibbles, int blocks, int8_t *panel) {
    for (int block = 0; block < blocks; block++, nibbles += PAIRS, panel += 2 * PAIRS)
        for (int at = 0; at < PAIRS; at++) {
            panel[at] = (int8_t)((nibbles[at] & 15) - ZERO);
            panel[at + PAIRS] = (int8_t)((nibbles[at] >> 4) - ZERO);
        }
}

/* Products of all tokens with a matrix, a panel at a time, into floats (tokens, outputs). */
APART void NAME(linear)(
    const struct linear *by, const struct rounded *x, int tokens, int8_t *panel, float *into
) {
    int blocks = by->inputs / BLOCK;
    float product[MOST][BLOCK] __attribute__((aligned(ALIGNED)));
    for (int number = 0; number < by->outputs / BLOCK; number++) {
        size_t first = (size_t)number * blocks;
        NAME(unpack)(by->nibbles + first * PAIRS, blocks, panel);
        floats bias[BLOCK / LANES];
        for (int part = 0; part < BLOCK / LANES; part++)
            bias[part] = NAME(load)(by->bias + number * BLOCK + part * LANES);
        for (int token = 0; token < tokens; token += MOST) {
            int count = tokens - token < MOST ? tokens - token : MOST;
            struct rounded tile = part_of(x, (size_t)token * blocks);
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

/* The same through GELU, rounded for the next product: a panel's outputs are one of its blocks. */
APART void NAME(widened)(
    const struct linear *by, const struct rounded *x, int tokens, int8_t *panel,
    const struct rounded *onto
) {
    int blocks = by->inputs / BLOCK, wide = by->outputs / BLOCK;
    float product[MOST][BLOCK] __attribute__((aligned(ALIGNED)));
    for (int number = 0; number < wide; number++) {
        size_t first = (size_t)number * blocks;
        NAME(unpack)(by->nibbles + first * PAIRS, blocks, panel);
        floats bias[BLOCK / LANES];
        for (int part = 0; part < BLOCK / LANES; part++)
            bias[part] = NAME(load)(by->bias + number * BLOCK + part * LANES);
        for (int token = 0; token < tokens; token += MOST) {
            int count = tokens - token < MOST ? tokens - token : MOST;
            struct rounded tile = part_of(x, (size_t)token * blocks);
            NAME(tile)(panel, by->scales + first * BLOCK, by->zeros + first * BLOCK, &tile, blocks,
                       count, product);
            for (int each = 0; each < count; each++) {
                floats found[BLOCK / LANES];
                for (int part = 0; part < BLOCK / LANES; part++)
                    found[part] =
                        NAME(gelu)(NAME(load)(product[each] + part * LANES) + bias[part]);
                size_t to = (size_t)(token + each) * wide + number;
                NAME(rounded)(found, onto->bytes + to * BLOCK, onto->scales + to);
            }
        }
    }
}

/* x + y, to mean nothing and variance one, scaled and shifted; rounded for the next product. */
APART void NAME(normalise)(
    float *x, const float *y, const struct normal *by, float epsilon, int tokens, int hidden,
    const struct rounded *onto
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
            NAME(rounded)(block, onto->bytes + to * BLOCK, onto->scales + to);
        }
    }
}

/* What each of QUERIES queries gives each key: 2 to their product. */
HERE void NAME(weigh)(
    const float *queries, int stride, const float *keys, int length, float *weights,
    float *inverses
) {
    int filled = FILLED(length);
    for (int key = 0; key < filled; key += LANES) {
        floats sums[QUERIES];
        for (int query = 0; query < QUERIES; query++) sums[query] = (floats){0};
#pragma GCC unroll 4
        for (int at = 0; at < HEAD; at++) {
            floats by = NAME(load)(keys + (size_t)at * filled + key);
            for (int query = 0; query < QUERIES; query++)
                sums[query] += by * queries[(size_t)query * stride + at];
        }
        for (int query = 0; query < QUERIES; query++)
            NAME(store)(weights + query * filled + key, sums[query] * EXPONENT);
    }
    for (int query = 0; query < QUERIES; query++, weights += filled) {
        for (int key = length; key < filled; key++) weights[key] = -INFINITY;
        floats greatest = NAME(load)(weights), sums = {0};
        for (int key = LANES; key < filled; key += LANES)
            greatest = NAME(greater)(greatest, NAME(load)(weights + key));
        float most = NAME(greatest)(greatest);
        for (int key = 0; key < filled; key += LANES) {
            floats found = NAME(power)(NAME(load)(weights + key) - most);
            NAME(store)(weights + key, found);
            sums += found;
        }
        inverses[query] = 1.0f / NAME(sum)(sums);
    }
}

/* The values of all keys by those weights, of the first `count` queries, rounded. */
HERE void NAME(mix)(
    const float *values, int stride, int length, const float *weights, const float *inverses,
    int count, int heads, const struct rounded *onto
) {
    int filled = FILLED(length);
    floats sums[QUERIES][HEAD / LANES];
    for (int query = 0; query < QUERIES; query++)
        for (int part = 0; part < HEAD / LANES; part++) sums[query][part] = (floats){0};
    for (int key = 0; key < length; key++)
        for (int part = 0; part < HEAD / LANES; part++) {
            floats value = NAME(load)(values + (size_t)key * stride + part * LANES);
            for (int query = 0; query < QUERIES; query++)
                sums[query][part] += value * weights[query * filled + key];
        }
    for (int query = 0; query < QUERIES; query++) {
        for (int part = 0; part < HEAD / LANES; part++) sums[query][part] *= inverses[query];
        if (query < count) {
            size_t to = (size_t)query * heads;
            NAME(rounded)(sums[query], onto->bytes + to * BLOCK, onto->scales + to);
        }
    }
}

/* Each token's mix of the values of its own sequence. Of queries there is room for some too many. */
APART void NAME(attention)(
    const float *projected, int hidden, int length, float *scratch, const struct rounded *onto
) {
    int stride = 3 * hidden, heads = hidden / HEAD, filled = FILLED(length);
    float *keys = scratch, *weights = scratch + (size_t)HEAD * filled;
    float inverses[QUERIES];
    for (int head = 0; head < heads; head++) {
        const float *queries = projected + head * HEAD;
        for (int at = 0; at < HEAD; at++)
            for (int key = 0; key < length; key++)
                keys[(size_t)at * filled + key] = queries[(size_t)key * stride + hidden + at];
        for (int at = 0; at < HEAD; at++)
            for (int key = length; key < filled; key++) keys[(size_t)at * filled + key] = 0;
        for (int token = 0; token < length; token += QUERIES) {
            int count = length - token < QUERIES ? length - token : QUERIES;
            struct rounded part = part_of(onto, (size_t)token * heads + head);
            NAME(weigh)(queries + (size_t)token * stride, stride, keys, length, weights, inverses);
            NAME(mix)(queries + 2 * hidden, stride, length, weights, inverses, count, heads, &part);
        }
    }
}

static TARGET void NAME(pass)(
    const struct model *model, const int32_t *ids, const int32_t *lengths, int sequences,
    const struct room *room, float *means
) {
    int hidden = model->hidden, tokens = 0;
    const struct rounded *narrow = &room->narrow, *wide = &room->wide;
    for (int number = 0; number < sequences; number++)
        for (int place = 0; place < lengths[number]; place++, tokens++)
            embedded(model, ids[tokens], place, room->x + (size_t)tokens * hidden);
    NAME(normalise)(room->x, NULL, &model->first, model->epsilon, tokens, hidden, narrow);
    for (int number = 0; number < model->layers; number++) {
        const struct layer *layer = model->layer + number;
        NAME(linear)(&layer->attend, narrow, tokens, room->panel, room->projected);
        for (int each = 0, at = 0; each < sequences; at += lengths[each++]) {
            struct rounded part = part_of(narrow, (size_t)at * (hidden / BLOCK));
            NAME(attention)(room->projected + (size_t)at * 3 * hidden, hidden, lengths[each],
                            room->scratch, &part);
        }
        NAME(linear)(&layer->mix, narrow, tokens, room->panel, room->projected);
        NAME(normalise)(room->x, room->projected, &layer->after_attention, model->epsilon, tokens,
                        hidden, narrow);
        NAME(widened)(&layer->widen, narrow, tokens, room->panel, wide);
        NAME(linear)(&layer->narrow, wide, tokens, room->panel, room->projected);
        NAME(normalise)(room->x, room->projected, &layer->after_inner, model->epsilon, tokens,
                        hidden, narrow);
    }
    const float *x = room->x;
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
#undef MOST
