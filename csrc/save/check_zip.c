/* check_zip.c: ZIP (APPNOTE 6.3) as a stream.
 *
 * libarchive was weighed: it pulls, so that each archive under way would hold a thread for hours,
 * and reading a stream it never looks at the directory at the archive's end. zlib does the hard
 * part; the records around it are simple.
 *
 * The directory must agree with every entry that was read. Nothing is kept for that: both sides
 * are summed up, each entry as a 64-bit hash, twice, in any order. */
#include "save/check_zip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/text.h"

enum {
  LOCAL = 0x04034b50,
  CENTRAL = 0x02014b50,
  END = 0x06054b50,
  END64 = 0x06064b50,
  LOCATOR = 0x07064b50,
  SIGNED = 0x05054b50,
  DESCRIPTOR = 0x08074b50,
  /* A descriptor at its longest and the signature that must follow; at least so
   * many bytes come after the data of any entry. */
  LOOK_AHEAD = 28,
  LONGEST_DESCRIPTOR = 24,
  OUTPUT = 16 * 1024,
  HEAD = 1024 /* most records; also spares the worker an allocation, and with it an arena */
};

#define ALL32 0xFFFFFFFFU

/* The state says how the next bytes are read. SIGNATURE, RECORD, DESCRIPTOR and SCAN collect `need`
 * bytes in the head first; STORED, SKIP and DEFLATED consume data directly; END and BLIND accept no
 * record any more. */
typedef enum state {
  ST_SIGNATURE, /* of the next record */
  ST_RECORD,
  ST_STORED,
  ST_DEFLATED,
  ST_SCAN, /* stored, of unknown length */
  ST_SKIP, /* a method that we cannot undo */
  ST_DESCRIPTOR,
  ST_END,
  ST_BLIND /* the next record's beginning is unknown */
} state;

/* An order-free summary of entries. The directory may list entries in another order than the
 * archive has them, so that a running hash would not do, and a list would grow with the archive. */
typedef struct sums {
  uint64_t count;
  uint64_t first;
  uint64_t second;
} sums;

/* The facts of an entry that its local header and the directory both state (APPNOTE 4.3.7,
 * 4.3.12). */
typedef struct entry {
  uint64_t offset; /* of its local header */
  uint64_t name;   /* a hash */
  uint32_t crc;
  uint64_t packed;
  uint64_t size;
} entry;

struct vbo_zip_check {
  z_stream stream;
  bool inflates; /* `stream` is begun: with the first entry that needs it */
  state state;
  uint64_t at;     /* bytes taken */
  uint64_t record; /* where head[0] lies */
  unsigned char *head;
  size_t have;
  size_t need;
  size_t room;

  entry entry;
  char shown[64]; /* its name, for people */
  bool described; /* its sizes and CRC follow its data */
  bool sized;     /* its packed size is known before */
  bool opaque;    /* its CRC cannot be checked */
  bool folder;
  uint32_t crc;
  uint64_t packed;
  uint64_t size;

  sums seen;
  sums listed;
  bool listing; /* the directory has begun */
  uint64_t list_begin;
  uint64_t list_end;
  bool wide; /* a ZIP64 end was there */
  uint64_t wide_record;
  uint64_t wide_count;
  uint64_t wide_size;
  uint64_t wide_begin;
  const char *missed;
  unsigned char output[OUTPUT];
};

/* All numbers of a ZIP are little endian and unaligned (APPNOTE 4.4.1.1). */
static uint16_t le16(const unsigned char *p) {
  return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t le32(const unsigned char *p) {
  return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t le64(const unsigned char *p) {
  return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

/* -------------------------------------------------------------- what is wrong */

static bool broken(vbo_error *err) {
  vbo_error_hint(err, "save it again, or set check = false to save it as the server sends it");
  return false;
}

static bool broken_at(const vbo_zip_check *zip, const char *what, vbo_error *err) {
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "the archive is broken at byte %llu: %s",
                (unsigned long long)zip->record, what);
  return broken(err);
}

static bool broken_entry(const vbo_zip_check *zip, const char *what, vbo_error *err) {
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "the archive is broken: %s of \"%s\"", what, zip->shown);
  return broken(err);
}

/* ----------------------------------------------------------- what was seen and stated */

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *p = bytes;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ p[i]) * 1099511628211U;
  return hash;
}

/* The finalizer of MurmurHash3 (Appleby), which spreads each bit over all. */
static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 33) * 0xff51afd7ed558ccdU;
  x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53U;
  return x ^ x >> 33;
}

/* Each field is mixed in before the next one, so that equal values in exchanged fields give another
 * hash. */
static uint64_t fold(uint64_t hash, const entry *one) {
  hash = mix(hash ^ one->offset);
  hash = mix(hash ^ one->name);
  hash = mix(hash ^ one->crc);
  hash = mix(hash ^ one->packed);
  return mix(hash ^ one->size);
}

/* Adds an entry. Two sums with different seeds: one swapped pair of fields would have to collide
 * twice. */
static void sum_up(sums *into, const entry *one) {
  into->count++;
  into->first += fold(14695981039346656037U, one);
  into->second += fold(1469598103934665603U, one);
}

/* The hash serves the comparison with the directory; the shown name is cleaned, since it comes from
 * the server and goes to a terminal. */
static void take_name(vbo_zip_check *zip, entry *one, const unsigned char *name, size_t size) {
  one->name = hash_bytes(14695981039346656037U, name, size);
  vbo_text_clean(zip->shown, sizeof zip->shown, (const char *)name, size);
}

/* Replaces values that do not fit 32 bits by those of the ZIP64 extra field, which has them in this
 * order (APPNOTE 4.5.3). A value that is not all ones has no place in the field, so that the
 * position of the others depends on it. */
static bool widen(const unsigned char *extra, size_t size, uint64_t *values[], size_t count) {
  while (size >= 4) {
    size_t length = le16(extra + 2);
    if (length > size - 4) return false; /* it would take bytes of what follows */
    if (le16(extra) == 1) {
      const unsigned char *p = extra + 4;
      for (size_t i = 0; i < count; i++) {
        if (*values[i] != ALL32) continue;
        if (length < 8) return false;
        *values[i] = le64(p);
        p += 8;
        length -= 8;
      }
      return true;
    }
    extra += 4 + length;
    size -= 4 + length;
  }
  return true; /* without the field, all ones is the value */
}

/* --------------------------------------------------------------------- records */

/* Drops the first `used` bytes of the head and begins a record. Bytes beyond the record are the
 * beginning of the next one: LOOK_AHEAD reads past a descriptor. */
static void next_record(vbo_zip_check *zip, size_t used) {
  zip->have -= used;
  memmove(zip->head, zip->head + used, zip->have);
  zip->record = zip->at - zip->have;
  zip->need = 4;
  zip->state = ST_SIGNATURE;
}

static void close_entry(vbo_zip_check *zip, size_t used) {
  sum_up(&zip->seen, &zip->entry);
  next_record(zip, used);
}

/* With a descriptor the expected values are only known after it; without one they were in the local
 * header. */
static bool end_of_data(vbo_zip_check *zip, vbo_error *err) {
  entry *one = &zip->entry;
  zip->have = 0;
  zip->record = zip->at;
  if (zip->described) {
    zip->need = LOOK_AHEAD;
    zip->state = ST_DESCRIPTOR;
    return true;
  }
  if (!zip->opaque) {
    if (zip->size != one->size) return broken_entry(zip, "the size", err);
    if (zip->crc != one->crc) return broken_entry(zip, "the CRC", err);
  }
  close_entry(zip, 0);
  return true;
}

/* Returns the length of the descriptor in head[0…] that fits what was read; 0 without one. Its
 * signature is optional and its sizes have 32 or 64 bits; no field says which. Wide sizes are tried
 * first. The "PK" of the next record must follow each candidate, which LOOK_AHEAD guarantees to be
 * in the head. */
static size_t descriptor(vbo_zip_check *zip) {
  for (size_t lead = 4;; lead = 0) {
    for (size_t width = 8; width >= 4; width -= 4) {
      const unsigned char *p = zip->head + lead;
      size_t length = lead + 4 + 2 * width;
      uint32_t crc = le32(p);
      uint64_t packed = width == 8 ? le64(p + 4) : le32(p + 4);
      uint64_t size = width == 8 ? le64(p + 12) : le32(p + 8);
      if ((lead != 0 && le32(zip->head) != DESCRIPTOR) || packed != zip->packed ||
          (!zip->opaque && (size != zip->size || crc != zip->crc)) || zip->head[length] != 'P' ||
          zip->head[length + 1] != 'K')
        continue;
      zip->entry.crc = crc;
      zip->entry.packed = packed;
      zip->entry.size = size;
      return length;
    }
    if (lead == 0) return 0;
  }
}

static bool take_descriptor(vbo_zip_check *zip, vbo_error *err) {
  size_t length = descriptor(zip);
  if (length == 0) return broken_entry(zip, "the CRC, or the sizes that follow the data,", err);
  close_entry(zip, length);
  return true;
}

/* Counts the first `size` bytes of the head as data. Stored data is its own unpacked form: both
 * sizes grow together. */
static void take_scanned(vbo_zip_check *zip, size_t size) {
  zip->crc = (uint32_t)crc32(zip->crc, zip->head, (uInt)size);
  zip->size = zip->packed += size;
  zip->have -= size;
  memmove(zip->head, zip->head + size, zip->have);
}

/* Returns whether the descriptor that ends at head[end] describes all data before it. The CRC is
 * computed last, since the sizes already exclude nearly every place. */
static bool is_described(vbo_zip_check *zip, size_t end, size_t lead, size_t width) {
  size_t length = lead + 4 + 2 * width;
  if (length > end) return false;
  const unsigned char *p = zip->head + end - length;
  if (lead != 0 && le32(p) != DESCRIPTOR) return false;
  p += lead;
  uint64_t packed = width == 8 ? le64(p + 4) : le32(p + 4);
  uint64_t size = width == 8 ? le64(p + 12) : le32(p + 8);
  if (packed != zip->packed + (end - length) || size != packed) return false;
  uint32_t crc = (uint32_t)crc32(zip->crc, zip->head, (uInt)(end - length));
  if (le32(p) != crc) return false;
  zip->entry.crc = crc;
  zip->entry.packed = zip->entry.size = packed;
  return true;
}

/* APPNOTE 4.3.9.3: the signature is optional, and ZIP64 has 64-bit sizes. */
static bool ends_at(vbo_zip_check *zip, size_t end) {
  return is_described(zip, end, 4, 4) || is_described(zip, end, 4, 8) ||
         is_described(zip, end, 0, 4) || is_described(zip, end, 0, 8);
}

/* Stored data of unknown length ends where the next record begins and a descriptor before that
 * fits all the data.  The descriptor may lack a signature, so the search goes by the record
 * behind it; stored archives contain such records, but none that fits. */
static bool scan(vbo_zip_check *zip) {
  bool first = zip->packed == 0;
  for (size_t at = first ? 0 : LONGEST_DESCRIPTOR; at <= LONGEST_DESCRIPTOR; at++) {
    uint32_t signature = le32(zip->head + at);
    if (signature != LOCAL && signature != CENTRAL) continue;
    bool described = ends_at(zip, at);
    if (!described && (at != 0 || !zip->folder)) continue;
    /* A folder has no data, and some writers give it no descriptor. */
    if (!described) zip->entry.crc = 0, zip->entry.packed = zip->entry.size = 0;
    close_entry(zip, at);
    return true;
  }
  const unsigned char *rest = zip->head + LONGEST_DESCRIPTOR;
  /* Only a 'P' can begin a record. All bytes before the next one leave the head at once, which
   * spares a copy for each byte. */
  const unsigned char *next = memchr(rest + 1, 'P', LOOK_AHEAD - LONGEST_DESCRIPTOR - 1);
  take_scanned(zip, next != NULL ? (size_t)(next - rest) : LOOK_AHEAD - LONGEST_DESCRIPTOR);
  return true;
}

/* Negative window bits: raw deflate, without the header and checksum of zlib (zlib.h,
 * inflateInit2). The stream is reset, not made anew, since its 40 KB would be allocated for each
 * entry. */
static bool begin_inflate(vbo_zip_check *zip, vbo_error *err) {
  int result = zip->inflates ? inflateReset(&zip->stream) : inflateInit2(&zip->stream, -MAX_WBITS);
  zip->inflates = zip->inflates || result == Z_OK;
  return result == Z_OK || vbo_error_memory(err);
}

static bool local_header(vbo_zip_check *zip, vbo_error *err) {
  const unsigned char *head = zip->head;
  unsigned flags = le16(head + 6);
  unsigned method = le16(head + 8);
  size_t name = le16(head + 26);
  size_t extra = le16(head + 28);
  entry *one = &zip->entry;
  *one = (entry){.offset = zip->record,
                 .crc = le32(head + 14),
                 .packed = le32(head + 18),
                 .size = le32(head + 22)};
  take_name(zip, one, head + 30, name);
  zip->folder = name > 0 && head[30 + name - 1] == '/';
  uint64_t *values[] = {&one->size, &one->packed};
  if (!widen(head + 30 + name, extra, values, 2))
    return broken_at(zip, "an extra field does not fit", err);
  zip->described = (flags & 8U) != 0;
  /* A streaming writer does not know the sizes yet: 0, or all ones where ZIP64 is possible. */
  zip->sized = !zip->described || (one->packed != 0 && one->packed != ALL32);
  zip->crc = 0;
  zip->packed = zip->size = 0;
  /* Bits 0 and 6: encrypted data, traditional or strong; bit 13: masked header fields (APPNOTE
   * 4.4.4). */
  bool secret = (flags & 0x2041U) != 0;
  /* Method 0 is stored and 8 is deflate (APPNOTE 4.4.5); no other is undone here. */
  zip->opaque = secret || (method != 0 && method != 8);
  zip->have = 0;
  if (zip->opaque) {
    zip->missed =
        secret ? "entries are encrypted" : "entries are packed in a way that zlib does not know";
    /* Data that can neither be undone nor measured hides where the next record begins: the rest of
     * the archive stays unchecked, and `missed` says so. */
    zip->state = zip->sized ? ST_SKIP : ST_BLIND;
  } else if (method == 8) {
    zip->state = ST_DEFLATED;
    return begin_inflate(zip, err);
  } else if (!zip->sized) {
    zip->state = ST_SCAN;
    zip->need = LOOK_AHEAD;
  } else {
    zip->state = ST_STORED;
    if (!zip->described && one->packed != one->size) return broken_entry(zip, "the size", err);
  }
  return true;
}

/* Notes the end of the directory, at the first record after its entries. An archive without entries
 * has an empty directory that begins and ends here. */
static void list_ends(vbo_zip_check *zip) {
  if (!zip->listing) zip->list_begin = zip->record;
  if (zip->list_end == 0) zip->list_end = zip->record;
  zip->listing = true;
}

static bool central_header(vbo_zip_check *zip, size_t full, vbo_error *err) {
  const unsigned char *head = zip->head;
  size_t name = le16(head + 28);
  size_t extra = le16(head + 30);
  if (zip->list_end != 0) return broken_at(zip, "an entry after the directory's end", err);
  if (!zip->listing) zip->list_begin = zip->record;
  zip->listing = true;
  entry one = {.offset = le32(head + 42),
               .crc = le32(head + 16),
               .packed = le32(head + 20),
               .size = le32(head + 24)};
  take_name(zip, &one, head + 46, name);
  uint64_t *values[] = {&one.size, &one.packed, &one.offset};
  if (!widen(head + 46 + name, extra, values, 3))
    return broken_at(zip, "an extra field does not fit", err);
  sum_up(&zip->listed, &one);
  next_record(zip, full);
  return true;
}

/* Takes the ZIP64 end of the directory (APPNOTE 4.3.14). Its values are compared with the end
 * record, which states what is wide. */
static bool wide_end(vbo_zip_check *zip, size_t full) {
  list_ends(zip);
  zip->wide = true;
  zip->wide_record = zip->record;
  zip->wide_count = le64(zip->head + 32);
  zip->wide_size = le64(zip->head + 40);
  zip->wide_begin = le64(zip->head + 48);
  next_record(zip, full);
  return true;
}

/* Compares a field of the end: the low bits, or all ones where ZIP64 has the value. */
static bool agrees(const vbo_zip_check *zip, uint64_t field, uint64_t all, uint64_t wide,
                   uint64_t truth) {
  if (zip->wide && field == all) return wide == truth;
  return field == (truth & all);
}

/* Disk numbers and counts of 0xFFFF stand for a value in the ZIP64 end (APPNOTE 4.4.1.4). */
static bool end_record(vbo_zip_check *zip, size_t full, vbo_error *err) {
  const unsigned char *head = zip->head;
  list_ends(zip);
  if ((le16(head + 4) != 0 && le16(head + 4) != 0xFFFF) ||
      (le16(head + 6) != 0 && le16(head + 6) != 0xFFFF))
    return broken_at(zip, "it is one part of several", err);
  if (le16(head + 8) != le16(head + 10)) return broken_at(zip, "its end contradicts itself", err);
  if (!agrees(zip, le16(head + 10), 0xFFFF, zip->wide_count, zip->listed.count) ||
      !agrees(zip, le32(head + 12), ALL32, zip->wide_size, zip->list_end - zip->list_begin) ||
      !agrees(zip, le32(head + 16), ALL32, zip->wide_begin, zip->list_begin))
    return broken_at(zip, "its end does not fit its directory", err);
  /* `sums` has three fields of 64 bits and no padding, so that memcmp compares values alone. */
  if (memcmp(&zip->seen, &zip->listed, sizeof zip->seen) != 0) {
    vbo_error_set(err, VBO_ERROR_INTEGRITY,
                  "the archive is broken: its directory of %llu entries does not fit the %llu "
                  "entries in it",
                  (unsigned long long)zip->listed.count, (unsigned long long)zip->seen.count);
    return broken(err);
  }
  next_record(zip, full);
  zip->state = ST_END;
  return true;
}

/* Returns how long the record is whose fixed part is in `head`. 0 refuses a ZIP64 end of an absurd
 * size: the head grows to the size that is returned here, and the archive comes from outside. All
 * other lengths have 16 bits. */
static size_t record_size(const vbo_zip_check *zip) {
  const unsigned char *head = zip->head;
  switch (le32(head)) {
    case LOCAL:
      return 30 + (size_t)le16(head + 26) + le16(head + 28);
    case CENTRAL:
      return 46 + (size_t)le16(head + 28) + le16(head + 30) + le16(head + 32);
    case END64:
      return le64(head + 4) <= 1 << 20 && le64(head + 4) >= 44 ? 12 + (size_t)le64(head + 4) : 0;
    case LOCATOR:
      return 20;
    case SIGNED:
      return 6 + (size_t)le16(head + 4);
    default:
      return 22 + (size_t)le16(head + 20);
  }
}

/* Asks for the fixed part of the record that begins in the head. */
static bool take_signature(vbo_zip_check *zip, vbo_error *err) {
  zip->state = ST_RECORD;
  switch (le32(zip->head)) {
    case LOCAL:
      zip->need = 30;
      if (zip->listing) return broken_at(zip, "an entry after the directory", err);
      return true;
    case CENTRAL:
      zip->need = 46;
      return true;
    case END64:
      zip->need = 56;
      return true;
    case LOCATOR:
      zip->need = 20;
      return true;
    case SIGNED:
      zip->need = 6;
      return true;
    case END:
      zip->need = 22;
      return true;
    default:
      break;
  }
  if (zip->record != 0) return broken_at(zip, "no record of an archive begins here", err);
  vbo_error_set(err, VBO_ERROR_INTEGRITY, "this is not a ZIP archive");
  return broken(err);
}

/* Comes twice for a record with a variable part: first with its fixed part, then with all of it. */
static bool take_record(vbo_zip_check *zip, vbo_error *err) {
  size_t full = record_size(zip);
  if (full == 0) return broken_at(zip, "a record of an impossible size", err);
  if (zip->have < full) {
    zip->need = full;
    return true;
  }
  switch (le32(zip->head)) {
    case LOCAL:
      return local_header(zip, err);
    case CENTRAL:
      return central_header(zip, full, err);
    case END64:
      return wide_end(zip, full);
    case LOCATOR:
      if (!zip->wide || le64(zip->head + 8) != zip->wide_record)
        return broken_at(zip, "the ZIP64 end is not where it is said to be", err);
      next_record(zip, full);
      return true;
    case SIGNED:
      list_ends(zip);
      next_record(zip, full);
      return true;
    default:
      return end_record(zip, full, err);
  }
}

/* ------------------------------------------------------------------- the stream */

typedef struct input {
  const unsigned char *bytes;
  size_t size;
} input;

static void advance(vbo_zip_check *zip, input *in, size_t size) {
  in->bytes += size;
  in->size -= size;
  zip->at += size;
}

/* Fills `head` up to `need`; false without enough bytes, or with an error. */
static bool collect(vbo_zip_check *zip, input *in, vbo_error *err) {
  if (zip->need > zip->room) {
    unsigned char *larger = realloc(zip->head, zip->need);
    if (larger == NULL) return vbo_error_memory(err);
    zip->head = larger;
    zip->room = zip->need;
  }
  if (zip->have >= zip->need) return true;
  size_t now = zip->need - zip->have < in->size ? zip->need - zip->have : in->size;
  memcpy(zip->head + zip->have, in->bytes, now);
  zip->have += now;
  advance(zip, in, now);
  return zip->have == zip->need;
}

/* The error tells missing bytes from a failure: the caller passes an empty one and tests its
 * kind. */
static bool collected(vbo_zip_check *zip, vbo_error *err) {
  switch (zip->state) {
    case ST_SIGNATURE:
      return take_signature(zip, err);
    case ST_DESCRIPTOR:
      return take_descriptor(zip, err);
    case ST_SCAN:
      return scan(zip);
    default:
      return take_record(zip, err);
  }
}

/* An entry of size 0 comes here with no byte left and ends at once. */
static bool take_data(vbo_zip_check *zip, input *in, vbo_error *err) {
  uint64_t left = zip->entry.packed - zip->packed;
  size_t now = left < in->size ? (size_t)left : in->size;
  if (!zip->opaque) {
    for (size_t done = 0; done < now;) {
      size_t part = now - done < 1U << 30 ? now - done : 1U << 30; /* zlib counts with 32 bits */
      zip->crc = (uint32_t)crc32(zip->crc, in->bytes + done, (uInt)part);
      done += part;
    }
  }
  zip->packed += now;
  zip->size = zip->packed;
  advance(zip, in, now);
  return zip->packed < zip->entry.packed || end_of_data(zip, err);
}

static bool inflate_data(vbo_zip_check *zip, input *in, vbo_error *err) {
  z_stream *stream = &zip->stream;
  uint64_t left = zip->sized ? zip->entry.packed - zip->packed : UINT64_MAX;
  size_t now = in->size < 1U << 30 ? in->size : 1U << 30;
  if (left < now) now = (size_t)left;
  /* zlib does not write through next_in; its type lacks const unless ZLIB_CONST is defined. */
  stream->next_in = (Bytef *)(uintptr_t)in->bytes;
  stream->avail_in = (uInt)now;
  int result = Z_OK;
  /* A full output buffer means that more may be pending even without input (zlib.h, inflate). */
  do {
    stream->next_out = zip->output;
    stream->avail_out = OUTPUT;
    result = inflate(stream, Z_NO_FLUSH);
    size_t made = OUTPUT - stream->avail_out;
    zip->crc = (uint32_t)crc32(zip->crc, zip->output, (uInt)made);
    zip->size += made;
  } while (result == Z_OK && stream->avail_out == 0);
  size_t used = now - stream->avail_in;
  zip->packed += used;
  advance(zip, in, used);
  if (result == Z_MEM_ERROR) return vbo_error_memory(err);
  if (result == Z_STREAM_END) {
    if (zip->sized && zip->packed != zip->entry.packed)
      return broken_entry(zip, "the packed size", err);
    return end_of_data(zip, err);
  }
  /* Z_BUF_ERROR is not an error of the data: inflate could make no progress without more input
   * (zlib.h). */
  if ((result != Z_OK && result != Z_BUF_ERROR) || (zip->sized && zip->packed == zip->entry.packed))
    return broken_entry(zip, "the packed data", err);
  return true;
}

/* Takes all bytes before the next one that may begin a record; what may be the descriptor before it
 * stays in the head. */
static void scan_ahead(vbo_zip_check *zip, input *in) {
  const unsigned char *next = memchr(in->bytes, 'P', in->size);
  size_t run = next != NULL ? (size_t)(next - in->bytes) : in->size;
  if (run > 1U << 30) run = 1U << 30;
  if (run < LONGEST_DESCRIPTOR) {
    take_scanned(zip, run);
    memcpy(zip->head + zip->have, in->bytes, run);
    zip->have += run;
  } else {
    size_t data = run - LONGEST_DESCRIPTOR;
    take_scanned(zip, zip->have);
    zip->crc = (uint32_t)crc32(zip->crc, in->bytes, (uInt)data);
    zip->size = zip->packed += data;
    memcpy(zip->head, in->bytes + data, LONGEST_DESCRIPTOR);
    zip->have = LONGEST_DESCRIPTOR;
  }
  advance(zip, in, run);
}

bool vbo_zip_check_add(vbo_zip_check *zip, const void *bytes, size_t size, vbo_error *err) {
  input in = {bytes, size};
  for (;;) {
    bool good = true;
    switch (zip->state) {
      case ST_STORED:
      case ST_SKIP:
        /* An entry that is complete ends even without another byte: its state must change before
         * the stream does. */
        if (in.size == 0 && zip->packed < zip->entry.packed) return true;
        good = take_data(zip, &in, err);
        break;
      case ST_DEFLATED:
        if (in.size == 0) return true;
        good = inflate_data(zip, &in, err);
        break;
      case ST_BLIND:
        return true;
      case ST_END:
        if (in.size == 0 && zip->have == 0) return true;
        vbo_error_set(err, VBO_ERROR_INTEGRITY, "there are bytes after the archive's end, %llu",
                      (unsigned long long)(zip->at - zip->have));
        return broken(err);
      default:
        if (zip->state == ST_SCAN && zip->packed > 0 && zip->have == LONGEST_DESCRIPTOR &&
            in.size > 0)
          scan_ahead(zip, &in);
        zip->record = zip->at - zip->have;
        vbo_error trouble = {0};
        if (!collect(zip, &in, &trouble)) {
          if (trouble.kind == VBO_OK) return true;
          vbo_error_copy(err, &trouble);
          return false;
        }
        good = collected(zip, err);
    }
    if (!good) return false;
  }
}

bool vbo_zip_check_finish(vbo_zip_check *zip, vbo_error *err) {
  if (zip->state == ST_END || zip->state == ST_BLIND) return true;
  if (zip->at == 0)
    vbo_error_set(err, VBO_ERROR_INTEGRITY, "this is not a ZIP archive: there is nothing");
  else
    vbo_error_set(err, VBO_ERROR_INTEGRITY, "the archive is cut short: it ends at byte %llu, %s",
                  (unsigned long long)zip->at,
                  zip->listing ? "within its directory" : "before its directory");
  return broken(err);
}

/* The text is static: it outlives the check. */
const char *vbo_zip_check_missed(const vbo_zip_check *zip) {
  return zip->missed;
}

vbo_zip_check *vbo_zip_check_new(vbo_error *err) {
  vbo_zip_check *zip = calloc(1, sizeof *zip);
  if (zip == NULL) {
    vbo_error_memory(err);
    return NULL;
  }
  zip->need = 4;
  zip->head = malloc(HEAD);
  zip->room = HEAD;
  if (zip->head != NULL) return zip;
  free(zip);
  vbo_error_memory(err);
  return NULL;
}

void vbo_zip_check_free(vbo_zip_check *zip) {
  if (zip == NULL) return;
  if (zip->inflates) inflateEnd(&zip->stream);
  free(zip->head);
  free(zip);
}
