/*
 * head: whatever a statement looks like, every name and rest that is recognised in it lies inside it, walking its parts
 * and names ends, and a text's transaction shape points into the text.
 */
#include "require.h"
#include "sql/txshape.h"

static bool inside(struct slice text, struct slice part)
{
    return part.n == 0 || (part.p >= text.p && part.p + part.n <= text.p + text.n);
}

static bool name_inside(struct slice text, struct head_name name)
{
    return inside(text, name.schema) && inside(text, name.name);
}

static void check_head(const struct dialect *dialect, struct slice text)
{
    struct head h;
    struct head_parts parts;
    struct head_names names;
    struct head_part part;
    struct head_name name;
    size_t count = 0;
    head_read(&h, dialect, text);
    REQUIRE(name_inside(text, h.name) && name_inside(text, h.on));
    REQUIRE(inside(text, h.to) && inside(text, h.rest) && inside(text, h.pragma) && inside(text, h.value));
    REQUIRE(!head_has(&h, HEAD_OUTSIDE) || h.why);
    if (h.action == HEAD_ALTER || h.action == HEAD_RENAME || h.action == HEAD_MOVE) {
        head_parts_init(&parts, &h, dialect, text);
        while (head_parts_next(&parts, &part)) {
            REQUIRE(name_inside(text, part.name) && inside(text, part.to));
            REQUIRE(inside(text, part.text) && inside(text, part.rest) && count++ <= text.n);
        }
    }
    if (h.action == HEAD_DROP || h.action == HEAD_TRUNCATE) {
        head_names_init(&names, &h, dialect, text);
        while (head_names_next(&names, &name))
            REQUIRE(name_inside(text, name) && count++ <= text.n);
    }
}

static void check_text(const struct dialect *dialect, struct slice text)
{
    struct splitter s;
    struct statement st;
    struct pawl_error e;
    struct txshape shape;
    split_init(&s, dialect, text);
    while (split_next(&s, &st, &e) == SPLIT_STATEMENT)
        check_head(dialect, slice_sub(text, st.offset, st.offset + st.length));
    if (txshape_read(&shape, dialect, text, &e) != PAWL_OK) {
        REQUIRE(e.code == PAWL_SOURCE);
        return;
    }
    if (shape.kind == TXSHAPE_PAIR)
        REQUIRE(shape.begin.end <= shape.commit.offset && shape.commit.end <= text.n);
    if (shape.kind == TXSHAPE_OTHER)
        REQUIRE(shape.reason && shape.offender.end <= text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dialect *const dialects[] = {&dialect_sqlite, &dialect_postgres, &dialect_mysql};
    struct slice text = {(const char *)data, size};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        check_head(dialects[i], text);
        check_text(dialects[i], text);
    }
    return 0;
}
