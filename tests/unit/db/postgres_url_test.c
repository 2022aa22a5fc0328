#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "db/postgres_url.h"

static void passwords_are_not_shown(void **state)
{
    (void)state;
    ARENA(a);
    struct {
        const char *url, *shown;
    } cases[] = {
        {"postgres://app:s3cret@db/app", "postgres://app@db/app"},
        {"postgresql://app@db:5433/app?sslmode=require", "postgresql://app@db:5433/app?sslmode=require"},
        {"postgres://app:p@ss?w#rd@db/app", "postgres://app@db/app"},
        {"postgres:///app?user=x&password=s3cret&port=1", "postgres:///app?user=x&password=***&port=1"},
        {"postgres:///app?p%61ssword=s3cret", "postgres:///app?p%61ssword=***"},
        {"postgres:///app?sslpassword=a&scram_client_key=b", "postgres:///app?sslpassword=***&scram_client_key=***"},
        {"postgres:host=db password=s3cret dbname=app", "postgres:host=db password=*** dbname=app"},
        {"postgres:host=db PassWord = 's3 \\'cret' dbname=app", "postgres:host=db PassWord=*** dbname=app"},
        {"postgres:password=a b host=db", "postgres:password=*** ***"},
        {"host=db:1 password=s3cret dbname=app", "postgres:host=db:1 password=*** dbname=app"},
        {"dbname = app", "postgres:dbname=app"},
        {"postgres:", "postgres:"},
        {"POSTGRES://db/app", "POSTGRES://db/app"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct db_target t;
        struct pawl_error e = {0};
        if (db_target_parse(&a, cases[i].url, &t, &e))
            fail_msg("%s: %s", cases[i].url, e.message);
        assert_string_equal(t.driver->name, "postgres");
        assert_string_equal(t.shown.p, cases[i].shown);
    }
}

static void what_is_no_address(void **state)
{
    (void)state;
    ARENA(a);
    struct db_target t;
    struct pawl_error e = {0};
    assert_int_equal(db_target_parse(&a, "postgres:app", &t, &e), PAWL_USAGE);
    assert_int_equal(db_target_parse(&a, "postgres://app:s3/cret@db/app", &t, &e), PAWL_USAGE);
    assert_null(strstr(e.message, "cret"));
    assert_int_equal(db_target_parse(&a, "day=1.db", &t, &e), PAWL_OK);
    assert_string_equal(t.driver->name, "sqlite");
}

static void texts_lose_their_secrets(void **state)
{
    (void)state;
    STRBUF(b, 1000);
    postgres_redact(&b, SLICE("a s3cret and s3cret"), SLICE("s3cret"));
    assert_string_equal(strbuf_z(&b), "a *** and ***");
    strbuf_reset(&b);
    postgres_redact(&b, SLICE("nothing"), SLICE(""));
    assert_string_equal(strbuf_z(&b), "nothing");
    strbuf_reset(&b);
    postgres_redact_parse(&b, SLICE("invalid integer value \"s3\" for option \"port\""));
    assert_string_equal(strbuf_z(&b), "invalid integer value \"***\" for option \"***\"");
}

/* The check value of CRC-32/ISO-HDLC, and the key that sqlx computes for a database named postgres. */
static void keys_are_sqlx_keys(void **state)
{
    (void)state;
    assert_int_equal(postgres_crc32(SLICE("123456789")), 0xcbf43926u);
    assert_true(postgres_lock_key(SLICE("postgres")) == INT64_C(368907709894077238));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_not_shown),
        cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(texts_lose_their_secrets),
        cmocka_unit_test(keys_are_sqlx_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
