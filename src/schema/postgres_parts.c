/* What hangs on relations and is rare, or has a text that the server must write: queries whose rows are facts. */
#include "schema/postgres_read.h"

#define OF_RELATION(oid) " join pg_class c on c.oid = " oid " join pg_namespace n on n.oid = c.relnamespace "

/* The first column is the oid of the relation that the fact belongs to. */
const struct pg_query pg_part_queries[] = {
    {"trigger . . . definition state",
     "select t.tgrelid, n.nspname, c.relname, t.tgname, pg_get_triggerdef(t.oid), case t.tgenabled when 'D' then 'disabled' when "
     "'R' then 'replica' when 'A' then 'always' end from pg_trigger t" OF_RELATION(
         "t.tgrelid") "where {where t.tgrelid} and not t.tgisinternal",
     0, 0},
    {"rule . . . definition state",
     "select r.ev_class, n.nspname, c.relname, r.rulename, pg_get_ruledef(r.oid), case r.ev_enabled when 'D' then 'disabled' "
     "when 'R' then 'replica' when 'A' then 'always' end from pg_rewrite r" OF_RELATION(
         "r.ev_class") "where {where r.ev_class} and r.rulename <> '_RETURN'",
     0, 0},
    {"policy . . . for permissive to using check",
     "select p.polrelid, n.nspname, c.relname, p.polname, case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' "
     "then 'update' when 'd' then 'delete' else 'all' end, p.polpermissive, (select string_agg(case r when 0 then 'public' else "
     "pg_get_userbyid(r)::text end, ',' order by pg_get_userbyid(r)) from unnest(p.polroles) r), "
     "pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) from pg_policy p" OF_RELATION(
         "p.polrelid") "where {where p.polrelid}",
     0, 0},
    {"inherits . . from",
     "select c.oid, n.nspname, c.relname, (select string_agg(format('%I.%I', m.nspname, p.relname), ',' order by h.inhseqno) "
     "from pg_inherits h join pg_class p on p.oid = h.inhparent join pg_namespace m on m.oid = p.relnamespace where "
     "h.inhrelid = c.oid) from (select distinct inhrelid from pg_inherits where {where inhrelid}) i" OF_RELATION(
         "i.inhrelid") "where c.relkind in ('r', 'p', 'f')",
     0, 0},
    {"foreign . . server options",
     "select f.ftrelid, n.nspname, c.relname, s.srvname, f.ftoptions::text from pg_foreign_table f join pg_foreign_server s on "
     "s.oid = f.ftserver" OF_RELATION("f.ftrelid") "where {where f.ftrelid}",
     0, 0},
    {0},
};

/* Only asked of relations that have indexes which can have such columns. */
const struct pg_query pg_index_column_queries[] = {
    {"index-column . . . options statistics",
     "select * from (select i.indrelid, n.nspname, c.relname, a.attnum::text, (select array_agg(x)::text from "
     "unnest(a.attoptions) x where x !~ '^pg_attver=') as options, nullif(a.attstattarget, -1)::int as target from "
     "pg_index i" OF_RELATION(
         "i.indexrelid") "join pg_attribute a on a.attrelid = c.oid where {where i.indrelid} and "
                         "(c.relam <> 403 or i.indexprs is not null) and (a.attoptions is not null or "
                         "a.attstattarget >= 0)) x where options is not null or target is not null",
     0, 0},
    {0},
};
