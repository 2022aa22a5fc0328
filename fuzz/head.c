/* head: every range that a head, its parts and its names give lies inside the text, and the iterators end. */
#include "require.h"
#include "sql/guards.h"
#include "sql/txshape.h"

/* Nothing, or inside the text. */
static bool any_inside(struct slice text, struct slice part)
{
    return part.n == 0 || (part.p >= text.p && part.p + part.n <= text.p + text.n);
}

static void inside(struct slice text, const struct head_name *n)
{
    REQUIRE(any_inside(text, n->schema) && any_inside(text, n->name));
    REQUIRE(n->schema.n == 0 || n->name.n != 0);
}

static void check_head(const struct dialect *d, struct slice text, const struct head *h)
{
    inside(text, &h->name);
    inside(text, &h->on);
    REQUIRE(any_inside(text, h->to) && any_inside(text, h->rest));
    REQUIRE(any_inside(text, h->pragma) && any_inside(text, h->value));
    REQUIRE((h->class == HEAD_TRANSACTION) == (h->transaction != HEAD_TX_NONE));
    REQUIRE((h->action == HEAD_ACTION_NONE) == (h->object == HEAD_OBJECT_NONE));
    REQUIRE((head_has(h, HEAD_OUTSIDE) || head_has(h, HEAD_NO_EFFECT)) == (h->why != NULL));

    struct head_names names;
    struct head_name name;
    size_t count = 0;
    head_names_init(&names, h, d, text);
    while (head_names_next(&names, &name)) {
        inside(text, &name);
        REQUIRE(name.name.n && count++ <= text.n);
    }
}

static void check_parts(const struct dialect *d, struct slice text, const struct head *h)
{
    struct head_parts parts;
    struct head_part part;
    const char *at = text.p;
    size_t count = 0;
    head_parts_init(&parts, h, d, text);
    while (head_parts_next(&parts, &part)) {
        REQUIRE(any_inside(text, part.text) && (part.text.n == 0 || part.text.p >= at) && count++ <= text.n);
        if (part.text.n)
            at = part.text.p + part.text.n;
        inside(part.text, &part.name);
        REQUIRE(any_inside(part.text, part.to) && any_inside(part.text, part.rest));
    }
}

static void check_guards(const struct dialect *d, struct slice text, const struct head *h)
{
    struct guards guards;
    struct guard g;
    size_t count = 0;
    guards_init(&guards, h, d, text);
    while (guards_next(&guards, &g)) {
        REQUIRE(g.name.name.n && count++ <= text.n);
        inside(text, &g.name);
        inside(text, &g.on);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dialect *const dialects[] = {&dialect_sqlite, &dialect_postgres, &dialect_mysql};
    struct slice text = {(const char *)data, size};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        struct head h;
        struct txshape x;
        head_read(&h, dialects[i], text);
        check_head(dialects[i], text, &h);
        check_parts(dialects[i], text, &h);
        check_guards(dialects[i], text, &h);
        if (txshape_read(&x, dialects[i], text, NULL) == PAWL_OK && x.kind == TXSHAPE_PAIR)
            REQUIRE(x.begin.end <= x.commit.offset && x.commit.end <= text.n);
    }
    return 0;
}
