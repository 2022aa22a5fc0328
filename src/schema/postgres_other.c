/* Schemas, extensions, servers, publications and other objects that are no relations, as queries whose rows are facts. */
#include "schema/postgres_groups.h"

const struct pg_query pg_other_queries[] = {
    {"schema .",
     "select n.nspname from pg_namespace n where " PG_USER_SCHEMA("n") " and " PG_NO_MEMBER("pg_namespace", "n.oid"), 0,
     0},
    {"extension . schema",
     "select x.extname, n.nspname from pg_extension x join pg_namespace n on n.oid = x.extnamespace where x.oid >= 16384",
     0, 0},
    {"language . trusted handler inline validator",
     "select l.lanname, l.lanpltrusted, nullif(l.lanplcallfoid, 0)::regprocedure::text, "
     "nullif(l.laninline, 0)::regprocedure::text, nullif(l.lanvalidator, 0)::regprocedure::text from pg_language l where "
     "l.oid >= 16384 and " PG_NO_MEMBER("pg_language", "l.oid"),
     0, 0},
    {"access-method . type handler",
     "select m.amname, case m.amtype when 'i' then 'index' else 'table' end, m.amhandler::text from pg_am m where "
     "m.oid >= 16384 and " PG_NO_MEMBER("pg_am", "m.oid"),
     0, 0},
    {"collation . . provider deterministic collate ctype locale rules",
     "select n.nspname, c.collname, case c.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' else "
     "'default' end, c.collisdeterministic, c.collcollate::text, c.collctype::text, "
     "coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale'), to_jsonb(c) ->> 'collicurules' from pg_collation c join "
     "pg_namespace n on n.oid = c.collnamespace and " PG_USER_SCHEMA("n") " where c.oid >= 16384 and " PG_NO_MEMBER(
         "pg_collation", "c.oid"),
     0, 0},
    {"conversion . . from to function default",
     "select n.nspname, c.conname, pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), "
     "c.conproc::regprocedure::text, c.condefault from pg_conversion c join pg_namespace n on n.oid = c.connamespace and " PG_USER_SCHEMA(
         "n") " where c.oid >= 16384 and " PG_NO_MEMBER("pg_conversion", "c.oid"),
     0, 0},
    {"foreign-data-wrapper . handler validator options",
     "select w.fdwname, nullif(w.fdwhandler, 0)::regprocedure::text, nullif(w.fdwvalidator, 0)::regprocedure::text, "
     "w.fdwoptions::text from pg_foreign_data_wrapper w where w.oid >= 16384 and " PG_NO_MEMBER(
         "pg_foreign_data_wrapper", "w.oid"),
     0, 0},
    {"server . wrapper type version options",
     "select s.srvname, w.fdwname, s.srvtype, s.srvversion, s.srvoptions::text from pg_foreign_server s join "
     "pg_foreign_data_wrapper w on w.oid = s.srvfdw where " PG_NO_MEMBER("pg_foreign_server", "s.oid"),
     0, 0},
    /* Options may hold a password: only their names are told. */
    {"user-mapping . . options",
     "select m.srvname, m.usename, (select array_agg(split_part(o, '=', 1) order by o) from unnest(m.umoptions) o)::text from "
     "pg_user_mappings m",
     0, 0},
    {"event-trigger . event tags function state",
     "select t.evtname, t.evtevent, t.evttags::text, t.evtfoid::regprocedure::text, case t.evtenabled when 'D' then 'disabled' "
     "when 'R' then 'replica' when 'A' then 'always' else 'enabled' end from pg_event_trigger t where " PG_NO_MEMBER(
         "pg_event_trigger", "t.oid"),
     0, 0},
    {"publication . all insert update delete truncate via_root generated sequences",
     "select p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, "
     "{13?p.pubviaroot:::null}, {18?nullif(p.pubgencols, 'n')::text:::null}, null from pg_publication p where " PG_NO_MEMBER(
         "pg_publication", "p.oid"),
     0, 0},
    {"publication-table . . . columns where",
     "select p.pubname, n.nspname, c.relname, {15?(select array_agg(a.attname order by a.attnum) from pg_attribute a where "
     "a.attrelid = c.oid and a.attnum = any (r.prattrs))::text, pg_get_expr(r.prqual, r.prrelid):::null, null} from "
     "pg_publication_rel r join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid join pg_namespace n "
     "on n.oid = c.relnamespace",
     0, 0},
    {"publication-schema . .",
     "select p.pubname, n.nspname from pg_publication_namespace r join pg_publication p on p.oid = r.pnpubid join "
     "pg_namespace n on n.oid = r.pnnspid",
     15, 0},
    /* Its connection string may hold a password, and only superusers may read it. */
    {"subscription . slot publications binary streaming two_phase disable_on_error synchronous_commit",
     "select s.subname, s.subslotname::text, s.subpublications::text, {15?s.subbinary, s.substream::text, "
     "s.subtwophasestate <> 'd', s.subdisableonerr, s.subsynccommit:::null, null, null, null, null} from pg_subscription s "
     "where s.subdbid = (select oid from pg_database where datname = current_database())",
     0, 0},
    {"statistics . . definition target",
     "select n.nspname, s.stxname, pg_get_statisticsobjdef(s.oid), {13?nullif(s.stxstattarget, -1)::int:::null} from "
     "pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace and " PG_USER_SCHEMA("n") " where " PG_NO_MEMBER(
         "pg_statistic_ext", "s.oid"),
     0, 0},
    {"depends . on",
     "select pg_describe_object(d.classid, d.objid, d.objsubid), string_agg(x.extname, ',' order by x.extname) from pg_depend d "
     "join pg_extension x on x.oid = d.refobjid where d.refclassid = 'pg_extension'::regclass and d.deptype = 'x' group by "
     "d.classid, d.objid, d.objsubid",
     0, 0},
    {0},
};

#define SEARCH(catalog, alias, prefix) \
    " from " catalog " " alias " join pg_namespace n on n.oid = " alias "." prefix \
    "namespace and " PG_USER_SCHEMA("n") " where " alias ".oid >= 16384 and " PG_NO_MEMBER(catalog, alias ".oid")

const struct pg_query pg_search_queries[] = {
    {"text-parser . . start token end headline types",
     "select n.nspname, p.prsname, p.prsstart::regprocedure::text, p.prstoken::regprocedure::text, "
     "p.prsend::regprocedure::text, nullif(p.prsheadline, 0)::regprocedure::text, p.prslextype::regprocedure::text" SEARCH(
         "pg_ts_parser", "p", "prs"),
     0, 0},
    {"text-template . . init lexize",
     "select n.nspname, t.tmplname, nullif(t.tmplinit, 0)::regprocedure::text, t.tmpllexize::regprocedure::text" SEARCH(
         "pg_ts_template", "t", "tmpl"),
     0, 0},
    {"text-dictionary . . template options",
     "select n.nspname, d.dictname, (select format('%I.%I', s.nspname, t.tmplname) from pg_ts_template t join pg_namespace s "
     "on s.oid = t.tmplnamespace where t.oid = d.dicttemplate), d.dictinitoption" SEARCH("pg_ts_dict", "d", "dict"),
     0, 0},
    {"text-configuration . . parser mappings",
     "select n.nspname, c.cfgname, (select format('%I.%I', s.nspname, p.prsname) from pg_ts_parser p join pg_namespace s on "
     "s.oid = p.prsnamespace where p.oid = c.cfgparser), (select string_agg(m.maptokentype || ' ' || "
     "m.mapdict::regdictionary::text, ', ' order by m.maptokentype, m.mapseqno) from pg_ts_config_map m where "
     "m.mapcfg = c.oid)" SEARCH("pg_ts_config", "c", "cfg"),
     0, 0},
    {0},
};
