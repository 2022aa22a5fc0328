/*
 * script: a text that passes its check is walked to its end, statement by statement in order and inside the text, and
 * as many are yielded as the check counted; for every engine.
 */
#include "require.h"
#include "source/inspect.h"
#include "source/script.h"

static void walk(const struct script *script, const struct text *text, const char *engine,
                 const struct dialect *dialect)
{
    struct script_cursor c;
    struct script_statement st;
    size_t count = 0;
    size_t at = 0;
    script_start(&c, script, text, engine, dialect);
    while (script_next(&c, &st)) {
        REQUIRE(st.offset >= at && st.sql.n > 0 && st.sql.n <= text->sql.n - st.offset);
        REQUIRE(st.sql.p == text->sql.p + st.offset);
        at = st.offset + st.sql.n;
        if (st.copy.p) {
            REQUIRE(st.copy.p >= text->sql.p + at && st.copy.p + st.copy.n <= text->sql.p + text->sql.n);
            at = (size_t)(st.copy.p - text->sql.p) + st.copy.n;
        }
        REQUIRE(script->no_transaction || (!st.begins && !st.ends));
        count++;
    }
    REQUIRE(count == script->statements);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const char *name;
        const struct dialect *dialect;
    } engines[] = {{"sqlite", &dialect_sqlite}, {"postgres", &dialect_postgres}, {"mysql", &dialect_mysql}};
    uint32_t hidden;
    struct slice sql = {(const char *)data, size};
    struct text text = {.raw = sql, .sql = sql};
    struct migration m = {.version = 1, .up = {.path = SLICE("1_a.sql")}};
    m.up.no_transaction = inspect_no_transaction(sql, &hidden);
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        struct report report;
        struct script script;
        struct pawl_error e = {0};
        report_init(&report, NULL, NULL);
        int code = script_check(&m, &m.up, &text, engines[i].name, engines[i].dialect, SLICE("_sqlx_migrations"),
                                &report, &script, &e);
        REQUIRE(code == PAWL_OK || (code == PAWL_SOURCE && e.message[0] && report.errors));
        REQUIRE(!script.skip || script.statements == 0);
        if (code == PAWL_OK)
            walk(&script, &text, engines[i].name, engines[i].dialect);
    }
    return 0;
}
