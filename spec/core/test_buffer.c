/* Buffers, the ring, timers, and small text helpers. */
#include "harness.h"

#include "base/base64.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"
#include "base/ring.h"
#include "base/text.h"
#include "base/timer.h"

static void buffers_grow_and_stay_bounded(void **state) {
  (void)state;
  for (int secure = 0; secure < 2; secure++) {
    vbo_buffer b = {.limit = 1000, .secure = secure == 1};
    vbo_error err = {0};
    for (int i = 0; i < 1000; i++)
      assert_true(vbo_buffer_append(&b, &"0123456789"[i % 10], 1, &err));
    assert_int_equal(b.size, 1000);
    assert_int_equal(strlen(b.data), 1000);
    assert_false(vbo_buffer_append(&b, "x", 1, &err));
    assert_kind(err, LIMIT);
    assert_int_equal(b.size, 1000);
    assert_int_equal(b.data[999], '9');
    assert_true(vbo_buffer_append(&b, NULL, 0, &err));
    vbo_buffer_clear(&b);
    assert_int_equal(b.size, 0);
    assert_string_equal(b.data, "");
    if (b.secure)
      for (size_t i = 0; i < b.capacity; i++)
        assert_int_equal(b.data[i], 0);
    vbo_buffer_free(&b);
    assert_null(b.data);
  }
  vbo_buffer huge = {0};
  vbo_error err = {0};
  assert_false(vbo_buffer_reserve(&huge, SIZE_MAX - 1, &err));
  assert_kind(err, MEMORY);
}

static void the_ring_keeps_order_around_its_end(void **state) {
  (void)state;
  vbo_ring ring = {0};
  unsigned char in = 0;
  unsigned char out = 0;
  static unsigned char block[300001];
  size_t total = 0;
  for (int round = 0; round < 40; round++) {
    size_t size = 1 + (size_t)round * 7919 % sizeof block;
    if (size > vbo_ring_space(&ring)) size = vbo_ring_space(&ring);
    for (size_t i = 0; i < size; i++)
      block[i] = in++;
    assert_true(vbo_ring_put(&ring, block, size, NULL));
    size_t got = vbo_ring_take(&ring, block, 1 + (size_t)round * 104729 % sizeof block);
    for (size_t i = 0; i < got; i++)
      if (block[i] != out++) fail_msg("wrong byte after %zu", total + i);
    total += got;
  }
  for (size_t got; (got = vbo_ring_take(&ring, block, 1000)) > 0; total += got)
    for (size_t i = 0; i < got; i++)
      assert_int_equal(block[i], out++);
  assert_int_equal(in, out);
  assert_true(total > 2 * (size_t)VBO_RING_CAPACITY);
  assert_int_equal(vbo_ring_space(&ring), VBO_RING_CAPACITY);
  vbo_ring_free(&ring);
}

static int64_t last_fired;
static int fired;

static void on_fire(void *owner) {
  vbo_timer *timer = owner;
  assert_true(timer->due >= last_fired);
  assert_false(timer->set);
  last_fired = timer->due;
  fired++;
}

static void timers_fire_in_order(void **state) {
  (void)state;
  enum { COUNT = 2000 };
  static vbo_timer timers[COUNT];
  vbo_timers heap = {0};
  uint32_t random = 12345;
  int stopped = 0;
  fired = 0;
  last_fired = 0;
  assert_true(vbo_timers_next(&heap) == INT64_MAX);
  for (int i = 0; i < COUNT; i++) {
    timers[i] = (vbo_timer){.fire = on_fire, .owner = &timers[i]};
    random = random * 1664525 + 1013904223;
    vbo_timer_set(&heap, &timers[i], random >> 16);
  }
  for (int i = 0; i < COUNT; i += 3) {
    random = random * 1664525 + 1013904223;
    if (i % 2 == 0) {
      vbo_timer_set(&heap, &timers[i], random >> 16); /* moved */
    } else {
      vbo_timer_stop(&heap, &timers[i]);
      vbo_timer_stop(&heap, &timers[i]); /* twice is once */
      stopped++;
    }
  }
  vbo_timers_fire(&heap, 30000);
  int early = fired;
  for (int i = 0; i < COUNT; i++)
    assert_false(timers[i].set && timers[i].due <= 30000);
  assert_true(vbo_timers_next(&heap) > 30000);
  vbo_timers_fire(&heap, 70000);
  assert_in_range(early, 1, fired - 1);
  assert_int_equal(fired, COUNT - stopped);
  assert_true(vbo_timers_next(&heap) == INT64_MAX);
}

static void lists_keep_order(void **state) {
  (void)state;
  vbo_list a;
  vbo_list b;
  vbo_node nodes[5] = {0};
  vbo_list_init(&a);
  vbo_list_init(&b);
  for (int i = 0; i < 5; i++)
    vbo_list_append(i < 3 ? &a : &b, &nodes[i], &nodes[i]);
  vbo_node_unlink(&nodes[1]);
  vbo_node_unlink(&nodes[1]);
  assert_false(vbo_node_linked(&nodes[1]));
  vbo_list_move(&a, &b);
  assert_null(vbo_list_first(&b));
  assert_ptr_equal(vbo_list_take(&a), &nodes[0]);
  assert_ptr_equal(vbo_list_take(&a), &nodes[2]);
  assert_ptr_equal(vbo_list_first(&a), &nodes[3]);
  assert_ptr_equal(vbo_list_take(&a), &nodes[3]);
  assert_ptr_equal(vbo_list_take(&a), &nodes[4]);
  assert_null(vbo_list_take(&a));
}

static void cleaned(const char *text, size_t capacity, const char *wanted) {
  char out[64];
  vbo_text_clean(out, capacity, text, strlen(text));
  assert_string_equal(out, wanted);
}

static void foreign_text_becomes_one_safe_line(void **state) {
  (void)state;
  cleaned("  plain \t text\r\n", 64, "plain text");
  cleaned("a\x1b[31mb\x07", 64, "a[31mb");
  cleaned(
      "a\xC2\x9B"
      "b",
      64, "ab"); /* a C1 control */
  cleaned(
      "a\xE2\x80\xAE"
      "b\xE2\x81\xA6",
      64, "ab"); /* bidirectional overrides */
  cleaned("\xFF\xC3", 64, "??");
  cleaned("\xC3\xA9\xC3\xA9", 4, "\xC3\xA9"); /* cut between characters */
  cleaned("abc", 1, "");
}

static void base64_goes_both_ways(void **state) {
  (void)state;
  static const struct {
    const char *plain, *coded;
  } cases[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char coded[16];
    unsigned char plain[8] = {0};
    size_t size = strlen(cases[i].plain);
    vbo_base64_encode(coded, (const unsigned char *)cases[i].plain, size);
    assert_string_equal(coded, cases[i].coded);
    assert_true(vbo_base64_decode(coded, strlen(coded), plain, size));
    assert_memory_equal(plain, cases[i].plain, size);
    assert_false(vbo_base64_decode(coded, strlen(coded), plain, size + 1));
  }
  unsigned char out[4];
  assert_false(vbo_base64_decode("Zh==", 4, out, 1)); /* bits left over */
  assert_false(vbo_base64_decode("Z-==", 4, out, 1));
}

static void errors_have_names_and_stay_in_their_fields(void **state) {
  (void)state;
  vbo_error err = {0};
  char large[2000];
  memset(large, 'x', sizeof large - 1);
  large[sizeof large - 1] = '\0';
  assert_false(vbo_error_set(&err, VBO_ERROR_SERVER, "a\n%s", large));
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
  assert_memory_equal(err.message, "a xxx", 5);
  vbo_error_os(&err, VBO_ERROR_DISK, 28, "could not write %s", "f");
  assert_string_equal(err.message, "could not write f: no space left on the disk");
  assert_string_equal(err.code, "ENOSPC");
  vbo_error_os(&err, VBO_ERROR_DISK, 9999, "x");
  assert_string_equal(err.code, "E9999");
  assert_string_equal(vbo_error_kind_name(VBO_ERROR_UNKNOWN_OUTCOME), "unknown_outcome");
  assert_int_equal(vbo_error_exit_status(VBO_ERROR_CANCELLED), 130);
  assert_string_equal(vbo_error_kind_name(VBO_OK), "ok");
  assert_string_equal(vbo_error_kind_name((vbo_error_kind)999), "ok");
  assert_int_equal(vbo_error_exit_status(VBO_OK), 0);
  vbo_error_set(NULL, VBO_ERROR_USAGE, "nobody listens");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(buffers_grow_and_stay_bounded),
      cmocka_unit_test(the_ring_keeps_order_around_its_end),
      cmocka_unit_test(timers_fire_in_order),
      cmocka_unit_test(lists_keep_order),
      cmocka_unit_test(foreign_text_becomes_one_safe_line),
      cmocka_unit_test(base64_goes_both_ways),
      cmocka_unit_test(errors_have_names_and_stay_in_their_fields),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
