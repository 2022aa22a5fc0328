#include "schema/postgres_looks.h"

#define HASH(alias) "hashtext(" alias ".ctid::text || ' ' || " alias ".xmin::text)"
#define YOUNG(alias) "{young " alias "}"
/* What a row belongs to, and behind 32 bits its hash. */
#define LIST(unit, alias, condition) \
    "array_agg(coalesce(" unit ", 0)::int8 << 32 | (" HASH(alias) "::int8 & 4294967295))" condition "::text"
/* All rows are counted; the young ones are listed. */
#define COUNTED(count, unit, alias, catalog, oid) \
    count ", 0, " LIST(unit, alias, " filter (where " YOUNG(alias) ")") ", 0, 0, 0 from " catalog " " alias \
                                                                        " where " oid " >= 16384", \
        "0, 0, " LIST(unit, alias, "") ", 0, 0, 0 from " catalog " " alias " where " YOUNG(alias) " and " oid \
                                                                                                  " >= 16384"
#define LISTED(unit, alias, catalog, oid) \
    "0, 0, " LIST(unit, alias, "") ", 0, 0, 0 from " catalog " " alias " where " YOUNG(alias) " and " oid " >= 16384", \
        NULL
#define SUM(alias) "count(*) * 4294967311 + coalesce(sum(" HASH(alias) "), 0)"
#define ALL(catalog, condition) \
    SUM("x") \
    ", count(*), null, 0, 0, 0 from " catalog " x where " condition, \
        "count(*) filter (where " YOUNG("x") "), count(*), null from " catalog " x where " condition
#define USERS(catalog) ALL(catalog, "x.oid >= 16384")

/* The relation that a row of pg_class, c, belongs to; and what else is to be seen there. */
#define RELATION_OF \
    "case when c.relkind in ('i', 'I') then (select i.indrelid from pg_index i where i.indexrelid = c.oid) when " \
    "c.relkind = 't' then substring(c.relname from '^pg_toast_([0-9]+)$')::oid else c.oid end"
#define SYSTEM_OF \
    ", count(*) filter (where c.oid < 16384), count(*) filter (where " YOUNG( \
        "c") " and c.oid < 16384), count(*) filter (where c.relpersistence <> 'p') from "

const struct pg_look pg_looks[] = {
    {PG_CLASS, PG_OF_RELATIONS, PG_RELATIONS,
     "count(*) filter (where c.oid >= 16384 and c.relkind not in ('i', 'I', 't')), count(*) filter (where c.oid >= 16384 and "
     "c.relkind in ('i', 'I') and c.relnamespace <> 99), " LIST(
         RELATION_OF, "c", " filter (where " YOUNG("c") " and c.oid >= 16384)") SYSTEM_OF "pg_class c",
     "0, 0, " LIST(RELATION_OF, "c", " filter (where c.oid >= 16384)") SYSTEM_OF "pg_class c where " YOUNG("c"), 0},
    {2606, PG_OF_RELATIONS, PG_CONSTRAINTS,
     COUNTED("count(*) filter (where k.contype in ('p', 'u', 'f', 'c', 'x', 'n'))", "k.conrelid", "k", "pg_constraint",
             "k.conrelid"),
     0},
    {2620, PG_OF_RELATIONS, PG_TRIGGERS,
     COUNTED("count(*) filter (where not t.tgisinternal)", "t.tgrelid", "t", "pg_trigger", "t.tgrelid"), 0},
    {2618, PG_OF_RELATIONS, PG_RULES,
     COUNTED("count(*) filter (where r.rulename <> '_RETURN')", "r.ev_class", "r", "pg_rewrite", "r.ev_class"), 0},
    {3256, PG_OF_RELATIONS, PG_POLICIES, COUNTED("count(*)", "p.polrelid", "p", "pg_policy", "p.polrelid"), 0},
    {PG_ATTRIBUTE, PG_OF_RELATIONS, PG_NOT_COUNTED,
     "0, 0, " LIST(
         "coalesce((select i.indrelid from pg_index i where i.indexrelid = a.attrelid), a.attrelid)", "a",
         " filter (where a.attrelid >= 16384)") ", 0, count(*) filter (where a.attrelid < 16384), 0 from pg_attribute a "
                                                "where " YOUNG("a"),
     NULL, 0},
    {2604, PG_OF_RELATIONS, PG_NOT_COUNTED, LISTED("d.adrelid", "d", "pg_attrdef", "d.adrelid"), 0},
    {2610, PG_OF_RELATIONS, PG_NOT_COUNTED, LISTED("i.indrelid", "i", "pg_index", "i.indrelid"), 0},
    {2611, PG_OF_RELATIONS, PG_NOT_COUNTED, LISTED("h.inhrelid", "h", "pg_inherits", "h.inhrelid"), 0},
    {2224, PG_OF_RELATIONS, PG_NOT_COUNTED, LISTED("s.seqrelid", "s", "pg_sequence", "s.seqrelid"), 0},
    {3118, PG_OF_RELATIONS, PG_NOT_COUNTED, LISTED("f.ftrelid", "f", "pg_foreign_table", "f.ftrelid"), 0},
    {PG_TYPE, 0, PG_NOT_COUNTED, ALL("pg_type", "x.oid >= 16384 and x.typrelid = 0 and x.typcategory <> 'A'"), 0},
    {3501, 0, PG_NOT_COUNTED, ALL("pg_enum", "true"), 0},
    {3541, 0, PG_NOT_COUNTED, ALL("pg_range", "x.rngtypid >= 16384"), 0},
    {2606, 0, PG_NOT_COUNTED, ALL("pg_constraint", "x.contypid >= 16384"), 0},
    {1255, 0, PG_NOT_COUNTED, USERS("pg_proc"), 0},
    {2600, 0, PG_NOT_COUNTED, ALL("pg_aggregate", "x.aggfnoid >= 16384"), 0},
    {2617, 0, PG_NOT_COUNTED, USERS("pg_operator"), 0},
    {2616, 0, PG_NOT_COUNTED, USERS("pg_opclass"), 0},
    {2753, 0, PG_NOT_COUNTED, USERS("pg_opfamily"), 0},
    {2602, 0, PG_NOT_COUNTED, USERS("pg_amop"), 0},
    {2603, 0, PG_NOT_COUNTED, USERS("pg_amproc"), 0},
    {2605, 0, PG_NOT_COUNTED, USERS("pg_cast"), 0},
    {3576, 0, PG_NOT_COUNTED, USERS("pg_transform"), 0},
    {2615, 1, PG_NOT_COUNTED, ALL("pg_namespace", "true"), 0},
    {3079, 1, PG_NOT_COUNTED, USERS("pg_extension"), 0},
    {2612, 1, PG_NOT_COUNTED, USERS("pg_language"), 0},
    {2601, 1, PG_NOT_COUNTED, USERS("pg_am"), 0},
    {3456, 1, PG_NOT_COUNTED, USERS("pg_collation"), 0},
    {2607, 1, PG_NOT_COUNTED, USERS("pg_conversion"), 0},
    {2328, 1, PG_NOT_COUNTED, USERS("pg_foreign_data_wrapper"), 0},
    {1417, 1, PG_NOT_COUNTED, USERS("pg_foreign_server"), 0},
    /* not everyone may ask for all of the next ones */
    {1418, 1, PG_NOT_COUNTED,
     "count(*) + coalesce(sum(hashtext(x.umid || x.umoptions::text)), 0), 0, null, 0, 0, 0 from "
     "pg_user_mappings x",
     NULL, 0},
    {6100, 1, PG_NOT_COUNTED,
     "count(*) + coalesce(sum(hashtext(row (s.subname, s.subslotname, s.subpublications{15?, s.subbinary, s.substream, "
     "s.subtwophasestate, s.subdisableonerr, s.subsynccommit})::text)), 0), 0, null, 0, 0, 0 from pg_subscription s",
     NULL, 0},
    {3466, 1, PG_NOT_COUNTED, USERS("pg_event_trigger"), 0},
    {6104, 1, PG_NOT_COUNTED, USERS("pg_publication"), 0},
    {6106, 1, PG_NOT_COUNTED, USERS("pg_publication_rel"), 0},
    {6237, 1, PG_NOT_COUNTED, ALL("pg_publication_namespace", "true"), 15},
    {3381, 1, PG_NOT_COUNTED, USERS("pg_statistic_ext"), 0},
    {3601, 2, PG_NOT_COUNTED, USERS("pg_ts_parser"), 0},
    {3764, 2, PG_NOT_COUNTED, USERS("pg_ts_template"), 0},
    {3600, 2, PG_NOT_COUNTED, USERS("pg_ts_dict"), 0},
    {3602, 2, PG_NOT_COUNTED, USERS("pg_ts_config"), 0},
    {3603, 2, PG_NOT_COUNTED, ALL("pg_ts_config_map", "x.mapcfg >= 16384"), 0},
    {2609, 3, PG_NOT_COUNTED, ALL("pg_description", "x.objoid >= 16384 or x.objoid = 2200"), 0},
    {3596, 3, PG_NOT_COUNTED, ALL("pg_seclabel", "true"), 0},
    {2615, 4, PG_NOT_COUNTED, ALL("pg_namespace", "x.nspacl is not null"), 0},
    {1255, 4, PG_NOT_COUNTED, ALL("pg_proc", "x.proacl is not null"), 0},
    {PG_TYPE, 4, PG_NOT_COUNTED, ALL("pg_type", "x.typacl is not null"), 0},
    {2612, 4, PG_NOT_COUNTED, ALL("pg_language", "x.lanacl is not null"), 0},
    {2328, 4, PG_NOT_COUNTED, ALL("pg_foreign_data_wrapper", "x.fdwacl is not null"), 0},
    {1417, 4, PG_NOT_COUNTED, ALL("pg_foreign_server", "x.srvacl is not null"), 0},
    {PG_CLASS, 4, PG_NOT_COUNTED, ALL("pg_class", "x.relacl is not null and x.oid < 16384"),
     0}, /* extensions' own: read_members() */
    {PG_ATTRIBUTE, 4, PG_NOT_COUNTED, ALL("pg_attribute", "x.attacl is not null and x.attrelid < 16384"), 0},
    {826, 4, PG_NOT_COUNTED, ALL("pg_default_acl", "true"), 0},
    /* who belongs to which extension: nothing is as it was when that changes */
    {PG_DEPEND, 5, PG_NOT_COUNTED, ALL("pg_depend", "x.refclassid = 'pg_extension'::regclass"), 0},
};
_Static_assert(sizeof pg_looks / sizeof *pg_looks == PG_N_LOOKS, "PG_N_LOOKS");
