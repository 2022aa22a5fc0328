/*
 * Generated schemas, from a fixed seed: facts agree with SQLite's pragmas, do not depend on how a text is spelled, and
 * differ whenever one attribute differs.
 */
#include "sqlite_oracle.h"

#include <string.h>

#define COLUMNS 4

enum column_slot {
    TYPE,
    NOT_NULL,
    NULL_CONFLICT,
    NULL_NAME,
    DEFAULT,
    COLLATION,
    GENERATED,
    CHECK,
    CHECK_NAME,
    UNIQUE,
    UNIQUE_CONFLICT,
    REFERENCES,
    ON_DELETE,
    ON_UPDATE,
    DEFERRABLE,
    COLUMN_SLOTS
};
enum table_slot {
    PRIMARY = COLUMNS * COLUMN_SLOTS,
    PRIMARY_NAME,
    PRIMARY_CONFLICT,
    WITHOUT_ROWID,
    STRICT,
    TABLE_CHECK,
    TABLE_UNIQUE,
    TABLE_KEY,
    ORDER,
    INDEX_KEYS,
    INDEX_UNIQUE,
    INDEX_WHERE,
    VIEW,
    TRIGGER_TIME,
    TRIGGER_EVENT,
    TRIGGER_WHEN,
    TRIGGER_BODY,
    VIRTUAL,
    SLOTS
};

/*
 * What stands for each value of a slot. Words in capitals are keywords, spelled in any case; @x is an identifier, quoted in
 * any way; !X stands as it is. What differs only in spelling is not among the values.
 */
static const char *const column_values[COLUMN_SLOTS][7] = {
    [TYPE] = {"", "!INTEGER", "!TEXT", "!DECIMAL ( 10 , 2 )", "!DOUBLE !PRECISION", "!ANY"},
    [NOT_NULL] = {"", "NOT NULL"},
    [NULL_CONFLICT] = {"", "ON CONFLICT !IGNORE", "ON CONFLICT !REPLACE"},
    [NULL_NAME] = {"", "CONSTRAINT @nn"},
    [DEFAULT] = {"", "DEFAULT 1", "DEFAULT -1", "DEFAULT 'it''s'", "DEFAULT ( 1 + 2 )", "DEFAULT !CURRENT_TIMESTAMP",
                 "DEFAULT ( lower ( 'X' ) )"},
    [COLLATION] = {"", "COLLATE !NOCASE", "COLLATE @RTRIM"},
    [GENERATED] = {"", "GENERATED ALWAYS AS ( @c0 + 1 )", "AS ( @c0 + 1 ) STORED", "AS ( @c0 + 2 ) VIRTUAL"},
    [CHECK] = {"", "CHECK ( @c1 > 0 )", "CHECK ( @c1 > 1 or @c1 is null )"},
    [CHECK_NAME] = {"", "CONSTRAINT @ck"},
    [UNIQUE] = {"", "UNIQUE"},
    [UNIQUE_CONFLICT] = {"", "ON CONFLICT !FAIL"},
    [REFERENCES] = {"", "REFERENCES @p", "REFERENCES @p ( @x )", "REFERENCES @q ( @x )"},
    [ON_DELETE] = {"", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE SET DEFAULT", "ON DELETE RESTRICT"},
    [ON_UPDATE] = {"", "ON UPDATE CASCADE", "MATCH !FULL"},
    [DEFERRABLE] = {"", "DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE"},
};

static const char *const table_values[SLOTS - PRIMARY][8] = {
    [PRIMARY - PRIMARY] = {"", "PRIMARY KEY", "PRIMARY KEY DESC", "PRIMARY KEY AUTOINCREMENT",
                           "PRIMARY KEY ( @c1 , @c2 DESC )", "PRIMARY KEY ( @c0 )"},
    [PRIMARY_NAME - PRIMARY] = {"", "CONSTRAINT @pk"},
    [PRIMARY_CONFLICT - PRIMARY] = {"", "ON CONFLICT !ROLLBACK"},
    [WITHOUT_ROWID - PRIMARY] = {"", "WITHOUT ROWID"},
    [STRICT - PRIMARY] = {"", "STRICT"},
    [TABLE_CHECK - PRIMARY] = {"", ", CHECK ( @c1 <> @c2 )", ", CONSTRAINT @tc CHECK ( length ( @c1 ) < 3 )"},
    [TABLE_UNIQUE - PRIMARY] = {"", ", UNIQUE ( @c1 , @c2 )", ", UNIQUE ( @c2 , @c1 COLLATE !NOCASE )",
                                ", CONSTRAINT @u UNIQUE ( @c2 , @c1 )"},
    [TABLE_KEY - PRIMARY] = {"", ", FOREIGN KEY ( @c1 , @c2 ) REFERENCES @p ( @x , @y )",
                             ", CONSTRAINT @fk FOREIGN KEY ( @c2 , @c1 ) REFERENCES @p ( @x , @y ) ON DELETE CASCADE"},
    [ORDER - PRIMARY] = {"", "other"},
    [INDEX_KEYS - PRIMARY] = {"( @c1 )", "( @c1 , @c2 )", "( @c1 DESC , @c2 )", "( @c1 COLLATE !NOCASE )",
                              "( lower ( @c1 ) )", "( @c1 + @c2 , @c1 )"},
    [INDEX_UNIQUE - PRIMARY] = {"", "UNIQUE"},
    [INDEX_WHERE - PRIMARY] = {"", "WHERE @c1 > 0", "WHERE @c1 is not null and @c2 < 7"},
    [VIEW - PRIMARY] = {"AS select @c1 , @c2 from @t", "AS select @c2 from @t where @c1 in ( 1 , 2 )",
                        "( @a , @b ) AS select @c1 , @c2 from @t", "AS select count ( * ) as @n from @t"},
    [TRIGGER_TIME - PRIMARY] = {"AFTER", "BEFORE"},
    [TRIGGER_EVENT - PRIMARY] = {"INSERT", "DELETE", "UPDATE", "UPDATE OF @c1 , @c2", "UPDATE OF @c2"},
    [TRIGGER_WHEN - PRIMARY] = {"", "WHEN 1 > 0", "WHEN ( select 1 from @p ) is null"},
    [TRIGGER_BODY - PRIMARY] = {"delete from @p where @x = 1 ;", "delete from @p where @x = '1' ;",
                                "update @p set @x = 2 ; delete from @q ;"},
    [VIRTUAL - PRIMARY] = {"@fts5 (a,b)", "@fts5 (b,a)", "@fts5 (a,b,prefix='2')", "@rtree (id,l,h)"},
};

struct model {
    int slot[SLOTS];
};

static uint64_t seed;

static unsigned below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static const char *const *values_of(int slot, int *n)
{
    const char *const *v = slot < PRIMARY ? column_values[slot % COLUMN_SLOTS] : table_values[slot - PRIMARY];
    int max = slot < PRIMARY ? 7 : 8;
    for (*n = 0; *n < max && v[*n]; ++*n)
        ;
    return v;
}

/* ---- spelling ---------------------------------------------------------------------------------------------------- */

static bool plain; /* no varied spelling */

static void separate(struct strbuf *b, char before, char after)
{
    static const char *const spaces[] = {" ", "\n", "\t  ", " /* a, (b */ ", " -- it's\n"};
    bool needed = !strchr("(),;", before) && !strchr("(),;", after);
    if (plain)
        strbuf_addc(b, ' ');
    else if (needed || below(2))
        strbuf_addz(b, spaces[below(5) ? below(3) : below(5)]);
}

static void word(struct strbuf *b, const char *p, size_t n)
{
    bool capitals = true;
    for (size_t i = 0; i < n; i++)
        capitals &= (p[i] >= 'A' && p[i] <= 'Z') || p[i] == '_';
    if (p[0] == '@') {
        const char *quotes = plain ? "" : &"\"\"\0[]\0``\0\0"[3 * below(4)];
        if (*quotes)
            strbuf_addc(b, quotes[0]);
        strbuf_add(b, (struct slice){p + 1, n - 1});
        if (*quotes)
            strbuf_addc(b, quotes[1]);
    } else if (p[0] == '!') {
        strbuf_add(b, (struct slice){p + 1, n - 1});
    } else {
        bool lower = capitals && !plain && below(2);
        for (size_t i = 0; i < n; i++)
            strbuf_addc(b, lower ? (char)tolower(p[i]) : p[i]);
    }
}

static void spell(struct strbuf *b, const char *text)
{
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        if (n) {
            char first = p[0] == '@' || p[0] == '!' ? 'x' : p[0];
            if (b->n)
                separate(b, b->p[b->n - 1], first);
            word(b, p, n);
        }
        p += n + (p[n] == ' ');
    }
}

static const char *value(const struct model *m, int slot)
{
    int n;
    return values_of(slot, &n)[m->slot[slot]];
}

static void column(struct strbuf *b, const struct model *m, int c)
{
    const int first = c * COLUMN_SLOTS;
    char name[8];
    snprintf(name, sizeof name, "@c%d", c);
    spell(b, name);
    spell(b, value(m, first + TYPE));
    if (c == 0 && m->slot[PRIMARY] >= 1 && m->slot[PRIMARY] <= 3) {
        bool autoincrement = m->slot[PRIMARY] == 3;
        spell(b, value(m, PRIMARY_NAME));
        spell(b, autoincrement ? "PRIMARY KEY" : value(m, PRIMARY));
        spell(b, value(m, PRIMARY_CONFLICT));
        spell(b, autoincrement ? "AUTOINCREMENT" : "");
    }
    if (m->slot[first + NOT_NULL]) {
        spell(b, value(m, first + NULL_NAME));
        spell(b, value(m, first + NOT_NULL));
        spell(b, value(m, first + NULL_CONFLICT));
    }
    spell(b, value(m, first + DEFAULT));
    spell(b, value(m, first + COLLATION));
    if (c == 3)
        spell(b, value(m, first + GENERATED));
    if (m->slot[first + CHECK]) {
        spell(b, value(m, first + CHECK_NAME));
        spell(b, value(m, first + CHECK));
    }
    spell(b, value(m, first + UNIQUE));
    if (m->slot[first + UNIQUE])
        spell(b, value(m, first + UNIQUE_CONFLICT));
    if (m->slot[first + REFERENCES])
        for (int s = REFERENCES; s <= DEFERRABLE; s++)
            spell(b, value(m, first + s));
}

static const char *render(struct arena *a, const struct model *m)
{
    STRBUF(b, 1u << 20);
    spell(&b, "CREATE TABLE @p ( @x PRIMARY KEY , @y , UNIQUE ( @x , @y ) ) ; CREATE TABLE @q ( @x UNIQUE ) ;");
    spell(&b, "CREATE TABLE @t (");
    for (int i = 0; i < COLUMNS; i++) {
        spell(&b, i ? "," : "");
        column(&b, m, m->slot[ORDER] ? COLUMNS - 1 - i : i);
    }
    if (m->slot[PRIMARY] >= 4) {
        spell(&b, ",");
        spell(&b, value(m, PRIMARY_NAME));
        spell(&b, value(m, PRIMARY));
        spell(&b, value(m, PRIMARY_CONFLICT));
    }
    for (int s = TABLE_CHECK; s <= TABLE_KEY; s++)
        spell(&b, value(m, s));
    spell(&b, ")");
    spell(&b, value(m, WITHOUT_ROWID));
    spell(&b, m->slot[WITHOUT_ROWID] && m->slot[STRICT] ? "," : "");
    spell(&b, value(m, STRICT));
    spell(&b, "; CREATE");
    spell(&b, value(m, INDEX_UNIQUE));
    spell(&b, "INDEX @i ON @t");
    spell(&b, value(m, INDEX_KEYS));
    spell(&b, value(m, INDEX_WHERE));
    spell(&b, "; CREATE VIEW @v");
    spell(&b, value(m, VIEW));
    spell(&b, "; CREATE TRIGGER @tr");
    spell(&b, value(m, TRIGGER_TIME));
    spell(&b, value(m, TRIGGER_EVENT));
    spell(&b, "ON @t");
    spell(&b, value(m, TRIGGER_WHEN));
    spell(&b, "BEGIN");
    spell(&b, value(m, TRIGGER_BODY));
    spell(&b, "END ; CREATE VIRTUAL TABLE @ft USING");
    spell(&b, value(m, VIRTUAL));
    return arena_strz(a, strbuf_slice(&b));
}

/* ---- the tests --------------------------------------------------------------------------------------------------- */

/* The facts, compared with the pragmas unless these show odd spelling too; NULL if SQLite refuses the schema. */
static const char *facts_if_valid(struct arena *a, const char *sql)
{
    struct db *db = scratch();
    struct pawl_error e = {0};
    const char *text = NULL;
    if (try_sql(db, slice_of(sql), &e) == PAWL_OK) {
        struct facts *f = open_facts(db);
        refresh(f, a);
        if (plain)
            compare_with_pragmas(db, f);
        text = text_of(f, a);
        facts_close(f);
    }
    db_close(db);
    return text;
}

static struct model random_model(void)
{
    struct model m = {0};
    for (int s = 0; s < SLOTS; s++) {
        int n;
        values_of(s, &n);
        if (below(4) == 0 || s >= INDEX_KEYS)
            m.slot[s] = (int)below((unsigned)n);
    }
    return m;
}

static void facts_follow_meaning_and_not_spelling(void **state)
{
    (void)state;
    int valid = 0, mutated = 0;
    seed = 20240229;
    for (int round = 0; round < 50; round++) {
        ARENA(a);
        struct model m = random_model(), other = m;
        plain = true;
        const char *sql = render(&a, &m);
        const char *facts = facts_if_valid(&a, sql);
        if (!facts)
            continue;
        valid++;
        plain = false;
        const char *varied = render(&a, &m), *again = facts_if_valid(&a, varied);
        if (!again || strcmp(facts, again) != 0) {
            printf("%s\n---\n%s\n---\n%s---\n%s", sql, varied, facts, again ? again : "refused");
            fail();
        }
        for (int s = 0; s < SLOTS; s++) {
            int n;
            values_of(s, &n);
            other = m;
            other.slot[s] = (m.slot[s] + 1 + (int)below((unsigned)n - 1)) % n;
            plain = true;
            const char *changed = render(&a, &other);
            const char *got = strcmp(changed, sql) != 0 ? facts_if_valid(&a, changed) : NULL;
            mutated += got != NULL;
            if (got && strcmp(got, facts) == 0)
                fail_msg("the same facts for\n%s\nand\n%s\n%s", sql, changed, facts);
        }
    }
    assert_true(valid >= 10);
    assert_true(mutated >= 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_follow_meaning_and_not_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
