/* The crypto seam for a program without a crypto library: SHA-1 and SHA-256 (FIPS 180-4), HMAC
 * (FIPS 198-1), AES (FIPS 197) in the modes CBC and XTS.
 *
 * It is small, not fast. The S-box is a table, so on a chip with a data cache its timing depends
 * on the key: use it for a device that nobody else runs code on. */
#include "burner_crypto.h"

#include <string.h>

#define BLOCK 64 /* of both hashes */

struct hashing {
    enum burner_hash hash;
    uint32_t state[8];
    uint64_t size;
    uint8_t block[BLOCK];
};

static const uint32_t SHA256_K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t left(uint32_t word, int by)
{
    return word << by | word >> (32 - by);
}

static uint32_t right(uint32_t word, int by)
{
    return word >> by | word << (32 - by);
}

static void sha1_block(uint32_t state[8], const uint32_t words[16])
{
    uint32_t w[80];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    memcpy(w, words, 16 * sizeof w[0]);
    for (int t = 16; t < 80; t++) {
        w[t] = left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    for (int t = 0; t < 80; t++) {
        uint32_t f, k;
        if (t < 20) {
            f = (b & c) | (~b & d), k = 0x5A827999;
        } else if (t < 40) {
            f = b ^ c ^ d, k = 0x6ED9EBA1;
        } else if (t < 60) {
            f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
        } else {
            f = b ^ c ^ d, k = 0xCA62C1D6;
        }
        uint32_t next = left(a, 5) + f + e + k + w[t];
        e = d, d = c, c = left(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

static void sha256_block(uint32_t state[8], const uint32_t words[16])
{
    uint32_t w[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    memcpy(w, words, 16 * sizeof w[0]);
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = right(w[t - 15], 7) ^ right(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = right(w[t - 2], 17) ^ right(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    for (int t = 0; t < 64; t++) {
        uint32_t s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25);
        uint32_t choice = (e & f) ^ (~e & g);
        uint32_t first = h + s1 + choice + SHA256_K[t] + w[t];
        uint32_t s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22);
        uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
        h = g, g = f, f = e, e = d + first;
        d = c, c = b, b = a, a = first + s0 + majority;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void hash_block(struct hashing *hashing)
{
    uint32_t words[16];
    for (int i = 0; i < 16; i++) {
        const uint8_t *at = hashing->block + 4 * i;
        words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    if (hashing->hash == BURNER_SHA1) {
        sha1_block(hashing->state, words);
    } else {
        sha256_block(hashing->state, words);
    }
}

static void hash_begin(struct hashing *hashing, enum burner_hash hash)
{
    static const uint32_t sha1[8] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    static const uint32_t sha256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    hashing->hash = hash;
    hashing->size = 0;
    memcpy(hashing->state, hash == BURNER_SHA1 ? sha1 : sha256, sizeof hashing->state);
}

static void hash_add(struct hashing *hashing, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t at = 0; at < size; at++) {
        hashing->block[hashing->size++ % BLOCK] = bytes[at];
        if (hashing->size % BLOCK == 0) {
            hash_block(hashing);
        }
    }
}

static void hash_end(struct hashing *hashing, uint8_t *digest)
{
    uint64_t bits = hashing->size * 8;
    uint8_t length[8];
    static const uint8_t one = 0x80, zero = 0;
    hash_add(hashing, &one, 1);
    while (hashing->size % BLOCK != BLOCK - sizeof length) {
        hash_add(hashing, &zero, 1);
    }
    for (int i = 0; i < 8; i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    hash_add(hashing, length, sizeof length);
    for (size_t i = 0; i < burner_digest_size(hashing->hash); i++) {
        digest[i] = (uint8_t)(hashing->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

bool burner_digest(enum burner_hash hash, const void *data, size_t size, uint8_t *digest)
{
    struct hashing hashing;
    hash_begin(&hashing, hash);
    hash_add(&hashing, data, size);
    hash_end(&hashing, digest);
    return true;
}

bool burner_hmac(enum burner_hash hash, const void *key, size_t key_size, const void *data,
                 size_t size, uint8_t *digest)
{
    struct hashing hashing;
    uint8_t pad[BLOCK] = {0};
    if (key_size > BLOCK) {
        burner_digest(hash, key, key_size, pad);
    } else if (key_size != 0) {
        memcpy(pad, key, key_size);
    }
    for (int i = 0; i < BLOCK; i++) {
        pad[i] ^= 0x36;
    }
    hash_begin(&hashing, hash);
    hash_add(&hashing, pad, BLOCK);
    hash_add(&hashing, data, size);
    hash_end(&hashing, digest);
    for (int i = 0; i < BLOCK; i++) {
        pad[i] ^= 0x36 ^ 0x5C;
    }
    hash_begin(&hashing, hash);
    hash_add(&hashing, pad, BLOCK);
    hash_add(&hashing, digest, burner_digest_size(hash));
    hash_end(&hashing, digest);
    return true;
}

/* AES. The S-box is computed when it is first needed: the table of its inverses in GF(2^8). */
#define MOST_ROUNDS 14

struct aes {
    int rounds;
    uint8_t keys[MOST_ROUNDS + 1][16];
};

static uint8_t sbox[256], inverse_sbox[256];

static uint8_t times_x(uint8_t byte)
{
    return (uint8_t)(byte << 1 ^ ((byte & 0x80) != 0 ? 0x1B : 0));
}

static uint8_t times(uint8_t byte, uint8_t by)
{
    uint8_t product = 0;
    for (; by != 0; by >>= 1, byte = times_x(byte)) {
        product ^= (by & 1) != 0 ? byte : 0;
    }
    return product;
}

static uint8_t rotated(uint8_t byte, int by)
{
    return (uint8_t)(byte << by | byte >> (8 - by));
}

static void make_sbox(void)
{
    /* `power` runs through all elements as powers of 3, `inverse` through their inverses. */
    uint8_t power = 1, inverse = 1;
    if (sbox[0] != 0) {
        return;
    }
    do {
        power ^= times_x(power);
        inverse = times(inverse, 0xF6);
        uint8_t mixed = inverse;
        for (int by = 1; by <= 4; by++) {
            mixed ^= rotated(inverse, by);
        }
        sbox[power] = mixed ^ 0x63;
        inverse_sbox[mixed ^ 0x63] = power;
    } while (power != 1);
    inverse_sbox[0x63] = 0;
    sbox[0] = 0x63; /* last: it says that the table is whole */
}

static void aes_expand(struct aes *aes, const uint8_t *key, int key_size)
{
    uint8_t *bytes = aes->keys[0];
    uint8_t round = 1;
    make_sbox();
    aes->rounds = key_size / 4 + 6;
    memcpy(bytes, key, (size_t)key_size);
    for (int at = key_size; at < 16 * (aes->rounds + 1); at += 4) {
        uint8_t word[4];
        memcpy(word, bytes + at - 4, 4);
        if (at % key_size == 0) {
            uint8_t first = word[0];
            word[0] = sbox[word[1]] ^ round;
            word[1] = sbox[word[2]];
            word[2] = sbox[word[3]];
            word[3] = sbox[first];
            round = times_x(round);
        } else if (key_size == 32 && at % key_size == 16) {
            for (int i = 0; i < 4; i++) {
                word[i] = sbox[word[i]];
            }
        }
        for (int i = 0; i < 4; i++) {
            bytes[at + i] = bytes[at + i - key_size] ^ word[i];
        }
    }
}

static void xor_block(uint8_t *block, const uint8_t *with)
{
    for (int i = 0; i < 16; i++) {
        block[i] ^= with[i];
    }
}

/* Byte substitution and the shift of the rows, forwards (by 1) or backwards (by -1). */
static void substitute(uint8_t *block, const uint8_t *box, int by)
{
    uint8_t from[16];
    memcpy(from, block, 16);
    for (int i = 0; i < 16; i++) {
        block[i] = box[from[(i + 4 * by * (i % 4) + 16) % 16]];
    }
}

static void mix_columns(uint8_t *block, const uint8_t factors[4])
{
    uint8_t from[16];
    memcpy(from, block, 16);
    for (int i = 0; i < 16; i++) {
        block[i] = 0;
        for (int row = 0; row < 4; row++) {
            block[i] ^= times(from[i / 4 * 4 + row], factors[(row - i % 4 + 4) % 4]);
        }
    }
}

static void aes_encrypt(const struct aes *aes, uint8_t *block)
{
    static const uint8_t factors[4] = {2, 3, 1, 1};
    xor_block(block, aes->keys[0]);
    for (int round = 1; round <= aes->rounds; round++) {
        substitute(block, sbox, 1);
        if (round < aes->rounds) {
            mix_columns(block, factors);
        }
        xor_block(block, aes->keys[round]);
    }
}

static void aes_decrypt(const struct aes *aes, uint8_t *block)
{
    static const uint8_t factors[4] = {14, 11, 13, 9};
    for (int round = aes->rounds; round >= 1; round--) {
        xor_block(block, aes->keys[round]);
        if (round < aes->rounds) {
            mix_columns(block, factors);
        }
        substitute(block, inverse_sbox, -1);
    }
    xor_block(block, aes->keys[0]);
}

bool burner_aes128_cbc_decrypt(const uint8_t key[16], const uint8_t iv[16], uint8_t *data,
                               size_t size)
{
    struct aes aes;
    uint8_t chain[16], next[16];
    if (size % 16 != 0) {
        return false;
    }
    aes_expand(&aes, key, 16);
    memcpy(chain, iv, 16);
    for (size_t at = 0; at < size; at += 16) {
        memcpy(next, data + at, 16);
        aes_decrypt(&aes, data + at);
        xor_block(data + at, chain);
        memcpy(chain, next, 16);
    }
    return true;
}

bool burner_aes256_xts_decrypt(const uint8_t key[64], const uint8_t tweak[16], uint8_t entry[32])
{
    struct aes aes;
    uint8_t mask[16];
    memcpy(mask, tweak, 16);
    aes_expand(&aes, key + 32, 32);
    aes_encrypt(&aes, mask);
    aes_expand(&aes, key, 32);
    for (int at = 0; at < 32; at += 16) {
        xor_block(entry + at, mask);
        aes_decrypt(&aes, entry + at);
        xor_block(entry + at, mask);
        uint8_t carry = mask[15] >> 7; /* the mask times x, its lowest byte first */
        for (int i = 15; i > 0; i--) {
            mask[i] = (uint8_t)(mask[i] << 1 | mask[i - 1] >> 7);
        }
        mask[0] = (uint8_t)(mask[0] << 1 ^ (carry != 0 ? 0x87 : 0));
    }
    return true;
}
