/*
 * postgres_read: relations, read from the catalogs into memory and put as facts.
 */
#ifndef PAWL_SCHEMA_POSTGRES_READ_H
#define PAWL_SCHEMA_POSTGRES_READ_H

#include "schema/postgres_facts.h"

/* Some of the looks in postgres_looks.c, in its order. */
enum {
    PG_LOOK_TRIGGERS = 2,
    PG_LOOK_RULES = 3,
    PG_LOOK_POLICIES = 4,
    PG_LOOK_INHERITS = 8,
    PG_LOOK_SEQUENCES = 9,
    PG_LOOK_FOREIGN = 10
};

extern const struct pg_query pg_part_queries[]; /* at triggers, rules, policies, inherits, foreign */
extern const struct pg_query pg_index_column_queries[];
extern const struct pg_query pg_relation_grant_queries[];
extern const struct pg_query pg_column_grant_queries[];

/* ---- postgres_ask.c ---------------------------------------------------------------------------------------------- */

/* A batch of questions that begins with the settings that they need. */
void pg_begin_asking(struct pg_in *in, struct pg_batch *b);
/* The same where all of it is about a few rows of catalogs that may be large by now. */
void pg_begin_asking_few(struct pg_in *in, struct pg_batch *b);
/* Where only what follows is. */
void pg_few(struct pg_in *in, struct pg_batch *b);
void pg_add(struct pg_batch *b, struct slice text, db_row_fn *on_row, void *context);
/*
 * A statement that is asked again and again, told apart by `key`: the server keeps it, so that it is not planned each time. Its
 * parameters are lists as those of pg_list.
 */
void pg_add_kept(struct pg_in *in, struct pg_batch *b, const void *key, const char *sql, const struct slice *lists,
                 size_t n, db_row_fn *on_row, void *context);
/* A statement with at most one such list, asked once. */
void pg_add_once(struct pg_in *in, struct pg_batch *b, const char *sql, struct slice list, db_row_fn *on_row,
                 void *context);
/* Asks, and puts the settings back. */
int pg_ask(struct pg_in *in, struct pg_batch *b, struct pawl_error *e);

/* ---- postgres_read.c --------------------------------------------------------------------------------------------- */

/*
 * Reads relations into in->tables: those of the list "{1,2}", or all. The tables read earlier in the same scan are kept, and no
 * relation may be read twice. Relations of the list that are not there (any more) are left out.
 */
int pg_read(struct pg_in *in, bool all, struct slice oids, struct pawl_error *e);
/* The same behind the questions of a batch that was begun, in one flight. */
int pg_read_with(struct pg_in *in, struct pg_batch *b, bool all, struct slice oids, struct pawl_error *e);
/* Questions about relations of the list, which were read before: their rows are facts. */
void pg_add_parts(struct pg_in *in, struct pg_batch *b, const struct pg_query *queries, struct slice oids);
/* The relation in in->rels, fresh or not; NULL = there is none. */
struct pg_rel *pg_find_rel(const struct pg_in *in, uint32_t oid);
/* The numbers in "{1,2,3}" or "1 2 3", one after the other; false at the end. */
bool pg_number(struct slice *list, int64_t *out);

/* ---- postgres_rels.c --------------------------------------------------------------------------------------------- */

/* Puts the relations that were read in the place of the old ones, and drops those of the list that were not found. */
int pg_merge(struct pg_in *in, const struct pg_oids *asked, struct pawl_error *e);
void pg_forget_rels(struct pg_in *in);
/* A known name is about to become another one: notes what it was. false: no memory. */
bool pg_note_name(struct pg_in *in, int64_t *known);
/* For introspector.save and so on. */
int pg_save(struct pg_in *in, struct pg_kept **out, struct pawl_error *e);
void pg_put_back(struct pg_in *in, struct pg_kept *kept);
void pg_give_up(struct pg_in *in, struct pg_kept *kept);
/* Adds a relation to the list, unless it was read or asked for already. */
int pg_want(struct pg_in *in, struct pg_oids *list, uint32_t oid, struct pawl_error *e);
/* The list as "{1,2}"; .p NULL = no memory. */
struct slice pg_list(struct arena *a, const struct pg_oids *list);

/* ---- postgres_changes.c ------------------------------------------------------------------------------------------ */

/* Tells the driver what to count. */
int pg_watch_catalogs(struct db *db, struct pawl_error *e);
/* How it stood at the last stamp. */
void pg_moment_of(const struct pg_in *in, struct pg_moment *out);
/* Has nothing been written to a catalog since the last scan? */
bool pg_is_current(const struct pg_in *in, const struct pg_moment *now);
/* Finds out where something has changed, unless locks tell it: then in->by_locks, and nothing was asked yet. */
int pg_look(struct pg_in *in, struct pawl_error *e);
/* The same once more, without regard to locks. */
int pg_look_again(struct pg_in *in, struct pawl_error *e);
/* Questions whether anything but relations has changed, behind which in->looked says where; how many rows of pg_type came and went since. */
int pg_add_probes(struct pg_in *in, struct pg_batch *b, struct pawl_error *e);
bool pg_probed(const struct pg_in *in);
void pg_types_since(const struct pg_in *in, uint64_t *made, uint64_t *gone);
/* The same where nothing is known yet, as questions in a batch: all is going to be read, and the next scan compares with this look. */
void pg_add_look(struct pg_in *in, struct pg_batch *b);
/* Nothing was written since the last one. */
void pg_unchanged(struct pg_in *in);
/* The scan was carried out: the next one builds on it. */
void pg_looked(struct pg_in *in);
bool pg_group_changed(const struct pg_in *in, size_t group);
bool pg_young_changed(const struct pg_in *in, const struct pg_rel *rel, const struct pg_young *y);
void pg_young_seen(const struct pg_in *in, struct pg_rel *rel, const struct pg_young *y);

/* ---- postgres_renamed.c ------------------------------------------------------------------------------------------ */

/* Was anything renamed that others mention, besides relations and columns? Remembers the names for the next time. */
int pg_renamed(struct pg_in *in, bool *renamed, struct pawl_error *e);
void pg_add_renamed(struct pg_in *in, struct pg_batch *b, bool *renamed); /* the same, in a batch */

/* ---- postgres_vanished.c ----------------------------------------------------------------------------------------- */

/* Relations that have lost rows since, to be asked after those with young rows were read. */
int pg_vanished(struct pg_in *in, struct pg_oids *out, struct pawl_error *e);
/* Everything that changed was read: what the server counts beyond that is not ours. */
void pg_counted_all(struct pg_in *in);

/* ---- postgres_locked.c ------------------------------------------------------------------------------------------- */

/* Is there no table that the log does not tell about among those that were read, as there was none `before`? */
void pg_take_logged(struct pg_in *in, bool before);
/* Reads the relations that are locked into in->tables, and lists them. *enough: that is all that has changed; else it is as if nothing was read. */
int pg_read_locked(struct pg_in *in, struct pg_oids *list, bool *enough, struct pawl_error *e);

/* ---- postgres_names.c -------------------------------------------------------------------------------------------- */

void *pg_get(const struct map *m, uint32_t oid);
bool pg_set(struct arena *a, struct map *m, uint32_t oid, void *value);
/* The value with that tree (pg_node_tree), a default ('d') or a check ('c') of the table, which may be known already; NULL = no memory. */
struct pg_value *pg_value(struct pg_in *in, const struct pg_table *t, char of, uint32_t oid, struct slice tree);
const struct pg_type *pg_type_of(const struct pg_in *in, const struct pg_column *c);
/* Asks for what the tables in in->tables mention and nobody has asked for yet. */
int pg_read_names(struct pg_in *in, struct pawl_error *e);

/* ---- postgres_put.c ---------------------------------------------------------------------------------------------- */

/* All facts of one table that was read, behind scan_unit. */
int pg_put_table(struct pg_in *in, struct scan *s, struct pg_table *t, struct pawl_error *e);
int pg_put_lines(struct scan *s, const struct pg_line *lines, struct pawl_error *e);

/* ---- postgres_keys.c --------------------------------------------------------------------------------------------- */

/* Writes the fact of a constraint or an index into in->fact. */
void pg_constraint_fact(struct pg_in *in, const struct pg_table *t, const struct pg_constraint *c);
void pg_index_fact(struct pg_in *in, const struct pg_table *t, const struct pg_index *x);
/* "public.t" and "(a,b)" as they stand in values. */
void pg_add_relation(struct pg_in *in, const struct pg_rel *rel);
void pg_add_columns(struct fact *f, const struct pg_rel *rel, struct slice numbers);

#endif
