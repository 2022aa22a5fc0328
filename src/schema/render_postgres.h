/*
 * render_postgres: what the renderer of PostgreSQL's schemas shares among its files.
 *
 * Each fact is a node. A node that changes is altered, or it goes and comes again; nodes that belong to another one (the
 * columns of a table, a comment) go with it, and come with it or behind it. What stands in the way is found by the names that
 * texts mention: the server qualifies them all, so "schema.name" is sure.
 */
#ifndef PAWL_SCHEMA_RENDER_POSTGRES_H
#define PAWL_SCHEMA_RENDER_POSTGRES_H

#include "base/map.h"
#include "schema/item.h"
#include "schema/phrase.h"
#include "schema/render.h"

#define PGN_NONE SIZE_MAX

struct pgn_plan;
struct pgn;

/* Adds the statements that make, remove or change the object; `it` is its fact before or after. */
typedef int pgn_write(struct pgn_plan *p, struct pgn *n, const struct item *it, struct pawl_error *e);
/* Can it be changed in place? */
typedef bool pgn_can(struct pgn_plan *p, const struct pgn *n);

struct pgn_kind {
    const char *name;
    int rank; /* where nothing else decides, lower ones are made first */
    pgn_write *create, *drop, *alter;
    pgn_can *can_alter; /* NULL: never if alter is NULL, else always */
    bool part;          /* belongs to a relation, named schema.relation.part */
};

struct pgn_list {
    size_t *v;
    size_t n, cap;
};

struct pgn {
    struct item *from, *to; /* NULL = not there */
    const struct pgn_kind *kind;
    size_t owner;
    struct pgn_list mentions[2]; /* in its fact before and after */
    struct pgn_list parts;       /* nodes that it owns */
    struct pgn_list users;       /* nodes whose fact before mentions it */
    bool replaced;               /* goes and comes again */
    bool converted;              /* a column that steps aside while its type or default is made anew */
    bool gone, comes;            /* the object before is not there in between; the one after is new */
    bool cleared;                /* dropped for a second run, in front of what it looks at */
    unsigned char visit[2];      /* going, coming: 0 not yet, 1 under way, 2 done */
    struct pgn *same_name;       /* the next with the same schema.name */
};

struct pgn_plan {
    struct arena *a;
    const struct render_options *o;
    struct rendering *out;
    struct item *items;
    struct pgn *nodes;
    size_t n;
    struct map keys, names; /* by key, by schema.name: struct pgn */
    struct strbuf b;
    struct slice remark; /* for the next statement */
};

/* ---- render_postgres.c ------------------------------------------------------------------------------------------- */

extern const struct pgn_kind pgn_kinds[]; /* ends with a NULL name */

int pgn_put(struct pgn_plan *p, struct pawl_error *e);
/* Expressions of the server's such that it reads them as what they were (render_postgres_settle.c). */
void pgn_settle(struct strbuf *b);
/* The same inside DO, run only if the condition (words and slices of `format`) does not hold; without it where nothing is guarded. */
int pgn_put_unless(struct pgn_plan *p, struct slice condition, struct pawl_error *e);
/* The DROP of a relation, of the given pg_class.relkinds: run again, one of another kind may bear its name. */
int pgn_put_drop(struct pgn_plan *p, struct pgn *n, const struct item *it, const char *relkinds, struct pawl_error *e);
int pgn_cannot(struct pgn_plan *p, const struct item *it, struct pawl_error *e);
/* "IF EXISTS " and so on, where statements are guarded. */
const char *pgn_if_not(const struct pgn_plan *p);
/* The node of that kind and of the names of `it`'s first parts. */
struct pgn *pgn_find(struct pgn_plan *p, const char *kind, struct slice schema, struct slice name);
struct pgn *pgn_relation(struct pgn_plan *p, struct slice schema, struct slice name);
/* SQL of a relation's name, as text for to_regclass. */
struct slice pgn_regclass(struct pgn_plan *p, struct slice schema, struct slice name);
struct slice pgn_text(struct pgn_plan *p, const char *format, ...);
/* The nodes that a text mentions. */
int pgn_scan(struct pgn_plan *p, struct slice text, struct pgn_list *out, struct pawl_error *e);
bool pgn_has_word(struct slice text, struct slice word);
/* What it belongs to, a column to its table; NULL = nothing. */
struct pgn *pgn_owner(struct pgn_plan *p, const struct pgn *n);
/* An attribute's value, as item_get(); has it changed? */
struct slice pgn_get(struct pgn_plan *p, const struct item *it, const char *attribute);
bool pgn_differs(const struct pgn *n, const char *attribute);
bool pgn_list_has(const struct pgn_list *l, size_t i);
/* The tables from which a table inherits, or whose partition it is. */
struct pgn *pgn_parent(struct pgn_plan *p, const struct pgn *table, bool after);

/* ---- render_postgres_plan.c -------------------------------------------------------------------------------------- */

/* What goes, comes, is changed. */
int pgn_decide(struct pgn_plan *p, struct pawl_error *e);
/* All statements, in an order in which they can run. */
int pgn_carry_out(struct pgn_plan *p, struct pawl_error *e);
bool pgn_is(const struct pgn *n, const char *kind);
bool pgn_changed(const struct pgn *n);
/* Does it come or go by what is done to the parent of its table, or to the index that it is a part of? */
bool pgn_inherited(struct pgn_plan *p, const struct pgn *n, bool after);
bool pgn_is_partition(const struct pgn *table);

/* ---- render_postgres_table.c, .._column.c, .._sequence.c, .._keys.c, .._code.c, .._grants.c, .._other.c --------------- */

/* "(a, b)" of a list of keys. */
void pgn_names(struct pgn_plan *p, struct slice list);
/* " WITH (a='1', b='2')" of an array of options; `before` stands in front of each name. */
void pgn_options(struct pgn_plan *p, const char *word, struct slice array, const char *before);
/* " COLLATE name": those of the server stand in facts without their schema. */
void pgn_collation(struct pgn_plan *p, struct slice name);
void pgn_foreign_options(struct pgn_plan *p, struct slice array);
/* Behind CONSTRAINT name. */
void pgn_constraint_text(struct pgn_plan *p, const struct pgn *n, const struct item *it);
/* As in CREATE TABLE; `fill`: a default where it has none; .p NULL = none. */
void pgn_column_clause(struct pgn_plan *p, const struct pgn *table, const struct item *it, struct slice fill);
/* What CREATE TABLE cannot say of its columns. */
int pgn_columns_rest(struct pgn_plan *p, const struct pgn *t, struct pawl_error *e);
/* All that is not as it is without being said; `all`: everything. */
void pgn_sequence_settings(struct pgn_plan *p, const struct item *it, bool all);
/* Is a part of a table written inside its CREATE TABLE? */
bool pgn_inline(struct pgn_plan *p, const struct pgn *table, const struct pgn *part);

pgn_write pgn_table_create, pgn_table_drop, pgn_table_alter, pgn_view_create, pgn_view_drop, pgn_column_create,
    pgn_column_drop, pgn_column_alter, pgn_constraint_create, pgn_constraint_drop, pgn_constraint_alter,
    pgn_foreign_key_create, pgn_index_create, pgn_index_drop, pgn_index_column, pgn_sequence_create, pgn_sequence_drop,
    pgn_sequence_alter, pgn_inherits_create, pgn_inherits_drop, pgn_composite_create;
pgn_can pgn_table_can, pgn_column_can, pgn_constraint_can, pgn_sequence_can;
/* OWNED BY, once the table is there. */
int pgn_sequence_own(struct pgn_plan *p, const struct pgn *n, struct pawl_error *e);
/* A column lets go of its type and default, and takes them again. */
int pgn_column_release(struct pgn_plan *p, struct pgn *n, struct pawl_error *e);
int pgn_column_take(struct pgn_plan *p, struct pgn *n, struct pawl_error *e);

pgn_write pgn_enum_create, pgn_type_drop, pgn_enum_alter, pgn_domain_create, pgn_domain_alter, pgn_domain_check_create,
    pgn_domain_check_drop, pgn_range_create, pgn_function_create, pgn_function_drop, pgn_aggregate_create,
    pgn_trigger_create, pgn_trigger_drop, pgn_rule_create, pgn_rule_drop, pgn_policy_create, pgn_policy_drop;
pgn_can pgn_enum_can, pgn_domain_can, pgn_function_can;

pgn_write pgn_schema_create, pgn_schema_drop, pgn_extension_create, pgn_extension_drop, pgn_comment_create,
    pgn_comment_drop, pgn_privilege_create, pgn_privilege_drop, pgn_default_privilege_create,
    pgn_default_privilege_drop, pgn_statistics_create, pgn_statistics_drop, pgn_publication_create,
    pgn_publication_drop, pgn_publication_part_create, pgn_publication_part_drop, pgn_collation_create,
    pgn_collation_drop, pgn_event_trigger_create, pgn_event_trigger_drop, pgn_cast_create, pgn_cast_drop,
    pgn_operator_create, pgn_operator_drop, pgn_search_create, pgn_search_drop, pgn_foreign_create, pgn_foreign_drop,
    pgn_nothing;

#endif
