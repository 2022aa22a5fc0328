/* Types, functions and what hangs on them, as queries whose rows are facts. */
#include "schema/postgres_groups.h"

#define TYPES \
    " from pg_type t join pg_namespace n on n.oid = t.typnamespace and " PG_USER_SCHEMA( \
        "n") " where t.oid >= 16384 and " PG_NO_MEMBER("pg_type", "t.oid")

#define FUNCTIONS \
    " join pg_namespace n on n.oid = p.pronamespace and " PG_USER_SCHEMA( \
        "n") " where p.oid >= 16384 and " PG_NO_MEMBER("pg_proc", "p.oid")

/* A function is told from others of its name by the types of its arguments. */
#define SIGNATURE "p.proname || '(' || oidvectortypes(p.proargtypes) || ')'"

/* An operator is told from others of its name by the types at its sides. */
#define OPERATOR_NAME \
    "o.oprname || '(' || coalesce(format_type(nullif(o.oprleft, 0), null), '') || ',' || " \
    "coalesce(format_type(nullif(o.oprright, 0), null), '') || ')'"

const struct pg_query pg_type_queries[] = {
    {"enum . . labels",
     "select n.nspname, t.typname, (select array_agg(l.enumlabel::text order by l.enumsortorder) from pg_enum l "
     "where l.enumtypid = t.oid)::text" TYPES " and t.typtype = 'e'",
     0, 0},
    {"domain . . type null default collation",
     "select n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod), not t.typnotnull, "
     "coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault), "
     "(select format('%I.%I', s.nspname, c.collname) from pg_collation c join pg_namespace s on s.oid = c.collnamespace "
     "join pg_type b on b.oid = t.typbasetype where c.oid = t.typcollation and b.typcollation <> t.typcollation)" TYPES
     " and t.typtype = 'd'",
     0, 0},
    {"domain-check . . . definition",
     "select n.nspname, t.typname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_type t on "
     "t.oid = k.contypid join pg_namespace n on n.oid = t.typnamespace and " PG_USER_SCHEMA(
         "n") " where k.contypid >= 16384 and " PG_NO_MEMBER("pg_type", "t.oid"),
     0, 0},
    {"range . . subtype class collation canonical difference multirange",
     "select n.nspname, t.typname, format_type(r.rngsubtype, null), (select format('%I.%I', s.nspname, o.opcname) from "
     "pg_opclass o join pg_namespace s on s.oid = o.opcnamespace where o.oid = r.rngsubopc), "
     "(select format('%I.%I', s.nspname, c.collname) from pg_collation c join pg_namespace s on s.oid = c.collnamespace "
     "where c.oid = r.rngcollation), nullif(r.rngcanonical, 0)::regprocedure::text, "
     "nullif(r.rngsubdiff, 0)::regprocedure::text, {14?format_type(r.rngmultitypid, null):::null}"
     " from pg_range r join pg_type t on t.oid = r.rngtypid join pg_namespace n on n.oid = t.typnamespace and " PG_USER_SCHEMA(
         "n") " where t.oid >= 16384 and " PG_NO_MEMBER("pg_type", "t.oid"),
     0, 0},
    {"type . . input output receive send modifier_input modifier_output analyze subscript length by_value category preferred "
     "delimiter element align storage default collatable defined",
     "select n.nspname, t.typname, nullif(t.typinput, 0)::regprocedure::text, nullif(t.typoutput, 0)::regprocedure::text, "
     "nullif(t.typreceive, 0)::regprocedure::text, nullif(t.typsend, 0)::regprocedure::text, "
     "nullif(t.typmodin, 0)::regprocedure::text, nullif(t.typmodout, 0)::regprocedure::text, "
     "nullif(t.typanalyze, 0)::regprocedure::text, {14?nullif(t.typsubscript, 0)::regprocedure::text:::null}, t.typlen, "
     "t.typbyval, t.typcategory, t.typispreferred, t.typdelim, format_type(nullif(t.typelem, 0), null), t.typalign, "
     "t.typstorage, t.typdefault, t.typcollation <> 0, t.typisdefined" TYPES
     " and (t.typtype = 'b' or not t.typisdefined) and not exists (select from pg_type e where e.typarray = t.oid)",
     0, 0},
    {"function . . kind arguments result language volatility strict leakproof security parallel cost rows support settings "
     "transforms library body",
     "select n.nspname, " SIGNATURE ", case p.prokind when 'p' then 'procedure' when 'w' then 'window' end, "
     "pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname, "
     "case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end, p.proisstrict, "
     "p.proleakproof, case when p.prosecdef then 'definer' else 'invoker' end, "
     "case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end, p.procost::text, "
     "case when p.proretset then p.prorows::text end, nullif(p.prosupport, 0)::regprocedure::text, p.proconfig::text, "
     "(select string_agg(format_type(x.t, null), ',' order by x.i) from unnest(p.protrftypes) with ordinality x (t, i)), "
     "p.probin, {14?coalesce(pg_get_function_sqlbody(p.oid), p.prosrc):::p.prosrc} "
     "from pg_proc p join pg_language l on l.oid = p.prolang" FUNCTIONS " and p.prokind <> 'a'",
     0, 0},
    {"aggregate . . kind arguments result parallel strict transition state space start final final_extra final_modify combine "
     "serial deserial moving moving_inverse moving_state moving_space moving_start moving_final moving_final_extra "
     "moving_final_modify sort_operator",
     "select n.nspname, " SIGNATURE ", case g.aggkind when 'o' then 'ordered' when 'h' then 'hypothetical' end, "
     "pg_get_function_arguments(p.oid), format_type(p.prorettype, null), "
     "case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end, p.proisstrict, "
     "g.aggtransfn::regprocedure::text, format_type(g.aggtranstype, null), g.aggtransspace, g.agginitval, "
     "nullif(g.aggfinalfn, 0)::regprocedure::text, nullif(g.aggfinalextra, false), g.aggfinalmodify, "
     "nullif(g.aggcombinefn, 0)::regprocedure::text, nullif(g.aggserialfn, 0)::regprocedure::text, "
     "nullif(g.aggdeserialfn, 0)::regprocedure::text, nullif(g.aggmtransfn, 0)::regprocedure::text, "
     "nullif(g.aggminvtransfn, 0)::regprocedure::text, format_type(nullif(g.aggmtranstype, 0), null), "
     "nullif(g.aggmtransspace, 0), g.aggminitval, nullif(g.aggmfinalfn, 0)::regprocedure::text, "
     "nullif(g.aggmfinalextra, false), case when g.aggmtransfn <> 0 then g.aggmfinalmodify end, "
     "nullif(g.aggsortop, 0)::regoperator::text from pg_aggregate g join pg_proc p on p.oid = g.aggfnoid" FUNCTIONS,
     0, 0},
    {"operator . . function commutator negator restrict join merges hashes",
     "select n.nspname, " OPERATOR_NAME
     ", nullif(o.oprcode, 0)::regprocedure::text, nullif(o.oprcom, 0)::regoperator::text, "
     "nullif(o.oprnegate, 0)::regoperator::text, nullif(o.oprrest, 0)::regprocedure::text, "
     "nullif(o.oprjoin, 0)::regprocedure::text, o.oprcanmerge, o.oprcanhash from pg_operator o join pg_namespace n on "
     "n.oid = o.oprnamespace and " PG_USER_SCHEMA("n") " where o.oid >= 16384 and " PG_NO_MEMBER("pg_operator",
                                                                                                 "o.oid"),
     0, 0},
    {"operator-class . . . type family default stores",
     "select n.nspname, o.opcname, m.amname, format_type(o.opcintype, null), format('%I.%I', s.nspname, f.opfname), "
     "o.opcdefault, format_type(nullif(o.opckeytype, 0), null) from pg_opclass o join pg_namespace n on "
     "n.oid = o.opcnamespace and " PG_USER_SCHEMA(
         "n") " join pg_am m on m.oid = o.opcmethod join pg_opfamily f on "
              "f.oid = o.opcfamily join pg_namespace s on s.oid = f.opfnamespace where o.oid >= 16384 and " PG_NO_MEMBER(
                  "pg_opclass", "o.oid"),
     0, 0},
    {"operator-family . . . operators functions",
     "select n.nspname, f.opfname, m.amname, (select string_agg(a.amopstrategy || ' ' || a.amopopr::regoperator::text || "
     "coalesce(' for order by ' || (select format('%I.%I', s.nspname, b.opfname) from pg_opfamily b join pg_namespace s on "
     "s.oid = b.opfnamespace where b.oid = nullif(a.amopsortfamily, 0)), ''), ', ' order by a.amopstrategy, a.amoplefttype, "
     "a.amoprighttype) from pg_amop a where a.amopfamily = f.oid and " PG_NO_MEMBER(
         "pg_amop",
         "a.oid") "), "
                  "(select string_agg(a.amprocnum || ' ' || format_type(a.amproclefttype, null) || ' ' || "
                  "format_type(a.amprocrighttype, null) || ' ' || a.amproc::regprocedure::text, ', ' order by a.amprocnum, "
                  "a.amproclefttype, a.amprocrighttype) from pg_amproc a where a.amprocfamily = f.oid and " PG_NO_MEMBER("pg_amproc", "a.oid") ") from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace and " PG_USER_SCHEMA(
                      "n") " join pg_am m on m.oid = f.opfmethod where f.oid >= 16384 and " PG_NO_MEMBER("pg_opfamily",
                                                                                                         "f.oid"),
     0, 0},
    {"cast . function context method",
     "select '(' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ')', "
     "nullif(c.castfunc, 0)::regprocedure::text, case c.castcontext when 'e' then 'explicit' when 'a' then 'assignment' "
     "else 'implicit' end, case c.castmethod when 'f' then 'function' when 'i' then 'inout' else 'binary' end "
     "from pg_cast c where c.oid >= 16384 and " PG_NO_MEMBER("pg_cast", "c.oid"),
     0, 0},
    {"transform . from_sql to_sql",
     "select '(' || format_type(t.trftype, null) || ' for ' || l.lanname || ')', nullif(t.trffromsql, 0)::regprocedure::text, "
     "nullif(t.trftosql, 0)::regprocedure::text from pg_transform t join pg_language l on l.oid = t.trflang where "
     "t.oid >= 16384 and " PG_NO_MEMBER("pg_transform", "t.oid"),
     0, 0},
    {0},
};
