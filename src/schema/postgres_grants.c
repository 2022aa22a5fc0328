/* Comments, security labels and privileges, as queries whose rows are facts. */
#include "schema/postgres_groups.h"

#define RELATION_KIND(alias) \
    "case " alias ".relkind when 'r' then 'table' when 'p' then 'table' when 'f' then 'table' when 'v' then 'view' " \
    "when 'm' then 'view' when 'S' then 'sequence' when 'c' then 'type' else 'index' end"

/* What belongs to a table: its constraints, triggers, rules and policies. */
#define COMMENTS_ON_PARTS(catalog, word, name, relation) \
    { \
        "comment . . . . text", \
            "select '" word "', n.nspname, c.relname, o." name ", d.description from pg_description d join " catalog \
            " o on " \
            "o.oid = d.objoid join pg_class c on c.oid = o." relation \
            " join pg_namespace n on n.oid = c.relnamespace and " PG_USER_SCHEMA( \
                "n") " where d.classoid = '" catalog "'::regclass and d.objoid >= 16384", \
            0, 0 \
    }

const struct pg_query pg_comment_queries[] = {
    {"comment . . . text",
     "select " RELATION_KIND("c") ", n.nspname, c.relname, d.description from pg_description d join pg_class c on "
                                  "c.oid = d.objoid join pg_namespace n on n.oid = c.relnamespace and " PG_USER_SCHEMA(
                                      "n") " where "
                                           "d.classoid = 'pg_class'::regclass and d.objoid >= 16384 and d.objsubid = 0",
     0, 0},
    {"comment . . . . text",
     "select 'column', n.nspname, c.relname, a.attname, d.description from pg_description d join pg_class c on "
     "c.oid = d.objoid join pg_namespace n on n.oid = c.relnamespace and " PG_USER_SCHEMA(
         "n") " join pg_attribute a on "
              "a.attrelid = d.objoid and a.attnum = d.objsubid where d.classoid = 'pg_class'::regclass and d.objoid >= 16384 and "
              "d.objsubid > 0",
     0, 0},
    COMMENTS_ON_PARTS("pg_constraint", "constraint", "conname", "conrelid"),
    COMMENTS_ON_PARTS("pg_trigger", "trigger", "tgname", "tgrelid"),
    COMMENTS_ON_PARTS("pg_rewrite", "rule", "rulename", "ev_class"),
    COMMENTS_ON_PARTS("pg_policy", "policy", "polname", "polrelid"),
    {"comment . . text",
     "select replace(i.type, ' ', '-'), i.identity, d.description from pg_description d cross join lateral "
     "pg_identify_object(d.classoid, d.objoid, d.objsubid) i where d.objoid >= 16384 and d.classoid <> all "
     "(array['pg_class', 'pg_constraint', 'pg_trigger', 'pg_rewrite', 'pg_policy']::regclass[]) and not exists (select from "
     "pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e') and (i.type <> 'extension' or not "
     "exists (select from pg_available_extensions x where x.name = i.name and x.comment = d.description))",
     0, 0},
    {"comment . . text",
     "select 'domain-constraint', i.identity, d.description from pg_description d join pg_constraint k on k.oid = d.objoid "
     "and k.conrelid = 0 cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i where "
     "d.classoid = 'pg_constraint'::regclass and d.objoid >= 16384",
     0, 0},
    {"comment . . text",
     "select 'schema', n.nspname, d.description from pg_namespace n join pg_description d on d.objoid = n.oid and "
     "d.classoid = 'pg_namespace'::regclass where n.nspname = 'public' and n.oid < 16384 and d.description <> "
     "'standard public schema'",
     0, 0},
    {"label . . by text",
     "select replace(i.type, ' ', '-'), i.identity, s.provider, s.label from pg_seclabel s cross join lateral "
     "pg_identify_object(s.classoid, s.objoid, s.objsubid) i",
     0, 0},
    {0},
};

/*
 * Only what differs from the privileges that an object is born with (its owner's own, or those that initdb or its extension gave)
 * is a fact, by role. "*" = may grant it on. The owner is called @owner, whatever the role's name.
 */
#define PRIVILEGES(acl) \
    "(select g.grantee, string_agg(distinct lower(g.privilege_type) || case when g.is_grantable then '*' else '' end, ',') as can " \
    "from aclexplode(" acl ") g group by g.grantee)"
#define CHANGED(acl, born) \
    " cross join lateral (select coalesce(x.grantee, y.grantee) as grantee, coalesce(x.can, 'none') as can from " PRIVILEGES( \
        acl) " x full join " PRIVILEGES(born) " y on y.grantee = x.grantee where x.can is distinct from y.can) q "
#define ROLE(role, owner) \
    "case " role " when 0 then 'public' when " owner " then '@owner' else pg_get_userbyid(" role ")::text end"
#define BORN(catalog, alias, type, owner) \
    "coalesce((select i.initprivs from pg_init_privs i where i.classoid = '" catalog \
    "'::regclass and i.objoid = " alias ".oid " \
    "and i.objsubid = 0), acldefault('" type "', " alias "." owner "))"
#define NO_SCHEMA " cross join (select ''::name as nspname) n"
#define PRIVILEGED(word, schema, name, catalog, alias, type, prefix, from) \
    { \
        "privilege . . . . !can", \
            "select '" word "', " schema ", " name \
            ", " ROLE("q.grantee", alias "." prefix "owner") ", q.can from " catalog " " alias from \
            CHANGED(alias "." prefix "acl", \
                    BORN(catalog, alias, type, prefix "owner")) "where n.nspname <> 'information_schema' and " alias \
                                                                "." prefix "acl is not null", \
            0, 0 \
    }

/* Few of all relations; found without looking at the others. */
#define MEMBERS \
    "(select s.oid from pg_class s where s.oid < 16384 union all select e.objid from pg_depend e where e.classid = " \
    "'pg_class'::regclass and e.refclassid = 'pg_extension'::regclass and e.deptype = 'e') m join pg_class c on c.oid = m.oid " \
    "join pg_namespace n on n.oid = c.relnamespace"
#define OF_MEMBERS "(c.oid >= 16384 or n.nspname = 'pg_catalog')"

const struct pg_query pg_grant_queries[] = {
    PRIVILEGED("schema", "null::text", "n.nspname", "pg_namespace", "n", "n", "nsp", ""),
    PRIVILEGED("function", "n.nspname", "p.proname || '(' || oidvectortypes(p.proargtypes) || ')'", "pg_proc", "p", "f",
               "pro", " join pg_namespace n on n.oid = p.pronamespace"),
    PRIVILEGED("type", "n.nspname", "t.typname", "pg_type", "t", "T", "typ",
               " join pg_namespace n on n.oid = t.typnamespace"),
    PRIVILEGED("language", "null::text", "l.lanname", "pg_language", "l", "l", "lan", NO_SCHEMA),
    PRIVILEGED("foreign-data-wrapper", "null::text", "w.fdwname", "pg_foreign_data_wrapper", "w", "F", "fdw",
               NO_SCHEMA),
    PRIVILEGED("server", "null::text", "s.srvname", "pg_foreign_server", "s", "S", "srv", NO_SCHEMA),
    /* of the system, and of extensions: of other relations they hang on these */
    {"privilege . . . . !can",
     "select case c.relkind when 'S' then 'sequence' else 'table' end, n.nspname, c.relname, " ROLE(
         "q.grantee", "c.relowner") ", q.can from " MEMBERS
         CHANGED(
             "c.relacl",
             "coalesce((select i.initprivs from pg_init_privs i where i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = 0), acldefault(case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner))") "where c.relacl is not null and " OF_MEMBERS,
     0, 0},
    {"privilege . . . . . !can",
     "select 'column', n.nspname, c.relname, a.attname, " ROLE(
         "q.grantee",
         "c.relowner") ", q.can from " MEMBERS
                       " cross join lateral (select k.attname, k.attnum, k.attacl from pg_attribute k where k.attrelid = c.oid and k.attacl is not null and not k.attisdropped offset 0) a" CHANGED(
                           "a.attacl",
                           "(select i.initprivs from pg_init_privs i where i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = a.attnum)") "where " OF_MEMBERS,
     0, 0},
    {"default-privilege . . . . !can",
     "select case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then "
     "'types' when 'n' then 'schemas' else 'large-objects' end, " ROLE("d.defaclrole", "b.datdba") ", coalesce(n.nspname, '*'), " ROLE(
         "q.grantee",
         "d.defaclrole") ", q.can "
                         "from pg_default_acl d join pg_database b on b.datname = current_database() left join pg_namespace n on "
                         "n.oid = d.defaclnamespace" CHANGED(
                             "d.defaclacl",
                             "case when d.defaclnamespace = 0 then acldefault(case d.defaclobjtype "
                             "when 'S' then 's' else d.defaclobjtype end, d.defaclrole) else null::aclitem[] end"),
     0, 0},
    {0},
};

/* Of relations: the first column is the oid of the relation they belong to. */
const struct pg_query pg_relation_grant_queries[] = {
    {"privilege . . . . !can",
     "select c.oid, case c.relkind when 'S' then 'sequence' else 'table' end, n.nspname, c.relname, " ROLE("q.grantee", "c.relowner") ", q.can from pg_class c join pg_namespace n on n.oid = c.relnamespace" CHANGED(
         "c.relacl",
         "acldefault(case c.relkind when 'S' then 's' else 'r' end::\"char\", c.relowner)") "where c.relacl is not null and {where c.oid} and c.relkind = any ('{r,p,v,m,f,S}')",
     0, 0},
    {0},
};

const struct pg_query pg_column_grant_queries[] = {
    {"privilege . . . . . !can",
     "select c.oid, 'column', n.nspname, c.relname, a.attname, " ROLE(
         "q.grantee",
         "c.relowner") ", q.can from pg_attribute a "
                       "join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace" CHANGED(
                           "a.attacl",
                           "null::aclitem[]") "where a.attacl is not null and not a.attisdropped and {where c.oid}",
     0, 0},
    {0},
};
