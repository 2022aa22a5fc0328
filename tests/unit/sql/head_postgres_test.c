/*
 * The recogniser against PostgreSQL's own parser (libpg_query): both say in one line what a statement does. Where ours
 * says nothing it is counted; where it says something else it is wrong. Given files, those are compared instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include <pg_query.h>

#include "base/strbuf.h"
#include "oracle.h"
#include "sql/head.h"
#include "sql/quote.h"
#include "sql/rewrite.h"

/* ---- theirs -------------------------------------------------------------------------------------------------------- */

static const char *text(const json_t *node, const char *key)
{
    const char *z = json_string_value(json_object_get(node, key));
    return z ? z : "";
}

static bool yes(const json_t *node, const char *key)
{
    return json_is_true(json_object_get(node, key));
}

static void range(struct strbuf *b, const char *before, const json_t *r)
{
    if (!json_is_object(r))
        return;
    strbuf_addf(b, "%s%s%s%s", before, text(r, "schemaname"), *text(r, "schemaname") ? "." : "", text(r, "relname"));
}

/* [{"String":{"sval":"s"}}, ..], but for the last `skip` */
static void strings(struct strbuf *b, const char *before, const json_t *list, size_t from, size_t to)
{
    strbuf_addz(b, before);
    for (size_t i = from; i < to; i++)
        strbuf_addf(b, "%s%s", i > from ? "." : "", text(json_object_get(json_array_get(list, i), "String"), "sval"));
}

static void whole(struct strbuf *b, const json_t *list)
{
    strings(b, " ", list, 0, json_array_size(list));
}

static const char *object_type(const char *type)
{
    static const char *const names[][2] = {
        {"OBJECT_TABLE", "table"},
        {"OBJECT_FOREIGN_TABLE", "table"},
        {"OBJECT_COLUMN", "column"},
        {"OBJECT_TABCONSTRAINT", "constraint"},
        {"OBJECT_INDEX", "index"},
        {"OBJECT_VIEW", "view"},
        {"OBJECT_MATVIEW", "materialized view"},
        {"OBJECT_SEQUENCE", "sequence"},
        {"OBJECT_TYPE", "type"},
        {"OBJECT_DOMAIN", "domain"},
        {"OBJECT_FUNCTION", "function"},
        {"OBJECT_PROCEDURE", "procedure"},
        {"OBJECT_AGGREGATE", "aggregate"},
        {"OBJECT_TRIGGER", "trigger"},
        {"OBJECT_EVENT_TRIGGER", "event trigger"},
        {"OBJECT_RULE", "rule"},
        {"OBJECT_POLICY", "policy"},
        {"OBJECT_SCHEMA", "schema"},
        {"OBJECT_EXTENSION", "extension"},
        {"OBJECT_STATISTIC_EXT", "statistics object"},
        {"OBJECT_PUBLICATION", "publication"},
        {"OBJECT_COLLATION", "collation"},
        {"OBJECT_ATTRIBUTE", "attribute"},
        {"OBJECT_DATABASE", "database"},
        {"OBJECT_ROLE", "role"},
        {"OBJECT_TABLESPACE", "tablespace"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], type) == 0)
            return names[i][1];
    return "object";
}

/* The name of an object in DROP, COMMENT and the like, in any of the shapes it has there. */
static void object_name(struct strbuf *b, const json_t *o, const char *type)
{
    const json_t *list = json_object_get(json_object_get(o, "List"), "items");
    const json_t *one = json_object_get(o, "String");
    if (json_object_get(o, "ObjectWithArgs"))
        list = json_object_get(json_object_get(o, "ObjectWithArgs"), "objname");
    if (json_object_get(o, "TypeName"))
        list = json_object_get(json_object_get(o, "TypeName"), "names");
    bool on = strcmp(type, "trigger") == 0 || strcmp(type, "rule") == 0 || strcmp(type, "policy") == 0 ||
              strcmp(type, "column") == 0 || strcmp(type, "constraint") == 0;
    size_t n = json_array_size(list);
    if (one) {
        strbuf_addf(b, " %s", text(one, "sval"));
    } else if (on && n > 1) {
        strings(b, " ", list, n - 1, n);
        strings(b, " on ", list, 0, n - 1);
    } else {
        whole(b, list);
    }
}

static bool drop(struct strbuf *b, const json_t *n)
{
    const char *type = object_type(text(n, "removeType"));
    const json_t *objects = json_object_get(n, "objects");
    strbuf_addf(b, "ddl drop %s", type);
    if (strcmp(type, "object") != 0)
        object_name(b, json_array_get(objects, 0), type);
    if (strcmp(type, "object") != 0)
        strbuf_addf(b, "%s%s%s%s", yes(n, "missing_ok") ? " if" : "", yes(n, "concurrent") ? " concurrently" : "",
                    json_array_size(objects) > 1 ? " many" : "",
                    strcmp(text(n, "behavior"), "DROP_CASCADE") == 0 ? " cascade" : "");
    return true;
}

static bool rename_statement(struct strbuf *b, const json_t *n)
{
    const char *type = text(n, "renameType");
    const json_t *relation = json_object_get(n, "relation");
    const char *object = object_type(type);
    bool sub = *text(n, "subname") && strcmp(type, "OBJECT_TRIGGER") != 0 && strcmp(type, "OBJECT_POLICY") != 0 &&
               strcmp(type, "OBJECT_RULE") != 0;
    if (strcmp(type, "OBJECT_DOMCONSTRAINT") == 0 || strcmp(type, "OBJECT_ATTRIBUTE") == 0)
        return false;
    if (sub) {
        if (strcmp(text(n, "relationType"), "OBJECT_TABLE") != 0)
            return false;
        strbuf_addz(b, "ddl alter table");
        range(b, " ", relation);
        strbuf_addf(b, "%s; rename %s %s to %s", yes(n, "missing_ok") ? " if" : "", object, text(n, "subname"),
                    text(n, "newname"));
        return true;
    }
    strbuf_addf(b, "ddl rename %s", object);
    if (*text(n, "subname") && json_object_get(n, "object"))
        return false;
    if (*text(n, "subname")) {
        strbuf_addf(b, " %s", text(n, "subname"));
        range(b, " on ", relation);
    } else if (relation) {
        range(b, " ", relation);
    } else if (json_object_get(n, "object")) {
        object_name(b, json_object_get(n, "object"), object);
    } else {
        return false;
    }
    strbuf_addf(b, "%s to %s", yes(n, "missing_ok") ? " if" : "", text(n, "newname"));
    return true;
}

static void command(struct strbuf *b, const json_t *c)
{
    static const struct {
        const char *subtype, *words;
    } known[] = {
        {"AT_DropColumn", "drop column"},
        {"AT_DropConstraint", "drop constraint"},
        {"AT_SetNotNull", "alter column not-null"},
        {"AT_DropNotNull", "alter column null"},
        {"AT_AlterColumnType", "alter column type"},
        {"AT_AddIdentity", "alter column identity"},
        {"AT_DropIdentity", "alter column no-identity"},
        {"AT_DropExpression", "alter column no-expr"},
        {"AT_ValidateConstraint", "alter constraint validate"},
        {"AT_EnableRowSecurity", "alter table rls"},
        {"AT_DisableRowSecurity", "alter table no-rls"},
        {"AT_ChangeOwner", "alter table owner"},
    };
    const char *subtype = text(c, "subtype");
    const json_t *def = json_object_get(c, "def");
    const char *missing = yes(c, "missing_ok") ? " if" : "";
    const char *cascade = strcmp(text(c, "behavior"), "DROP_CASCADE") == 0 ? " cascade" : "";
    strbuf_addz(b, "; ");
    if (strcmp(subtype, "AT_AddColumn") == 0) {
        strbuf_addf(b, "create column %s%s", text(json_object_get(def, "ColumnDef"), "colname"), missing);
    } else if (strcmp(subtype, "AT_AddConstraint") == 0) {
        strbuf_addf(b, "create constraint %s", text(json_object_get(def, "Constraint"), "conname"));
    } else if (strcmp(subtype, "AT_ColumnDefault") == 0) {
        strbuf_addf(b, "alter column %sdefault %s", def ? "" : "no-", text(c, "name"));
    } else if (strcmp(subtype, "AT_AttachPartition") == 0 || strcmp(subtype, "AT_DetachPartition") == 0) {
        const json_t *p = json_object_get(def, "PartitionCmd");
        strbuf_addz(b, subtype[3] == 'A' ? "alter table attach" : "alter table detach");
        range(b, " ", json_object_get(p, "name"));
        strbuf_addz(b, yes(p, "concurrent") ? " concurrently" : "");
    } else {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            if (strcmp(known[i].subtype, subtype) == 0) {
                strbuf_addf(b, "%s %s%s%s", known[i].words, text(c, "name"), missing, cascade);
                return;
            }
        }
        strbuf_addz(b, "option");
    }
}

static bool alter_table(struct strbuf *b, const json_t *n)
{
    const char *object = object_type(text(n, "objtype"));
    size_t i;
    json_t *c;
    if (strcmp(text(n, "objtype"), "OBJECT_TYPE") == 0)
        return false;
    strbuf_addf(b, "ddl alter %s", object);
    range(b, " ", json_object_get(n, "relation"));
    strbuf_addz(b, yes(n, "missing_ok") ? " if" : "");
    if (strcmp(object, "table") == 0)
        json_array_foreach(json_object_get(n, "cmds"), i, c) command(b, json_object_get(c, "AlterTableCmd"));
    return true;
}

static bool index_statement(struct strbuf *b, const json_t *n)
{
    strbuf_addf(b, "ddl create index%s%s", *text(n, "idxname") ? " " : "", text(n, "idxname"));
    range(b, " on ", json_object_get(n, "relation"));
    strbuf_addf(b, "%s%s", yes(n, "if_not_exists") ? " if-not" : "", yes(n, "concurrent") ? " concurrently" : "");
    return true;
}

static bool transaction(struct strbuf *b, const json_t *n)
{
    static const char *const kinds[][2] = {
        {"TRANS_STMT_BEGIN", "begin"},
        {"TRANS_STMT_START", "begin"},
        {"TRANS_STMT_COMMIT", "commit"},
        {"TRANS_STMT_ROLLBACK", "rollback"},
        {"TRANS_STMT_SAVEPOINT", "savepoint"},
        {"TRANS_STMT_RELEASE", "release"},
        {"TRANS_STMT_ROLLBACK_TO", "rollback-to"},
        {"TRANS_STMT_PREPARE", "prepare"},
        {"TRANS_STMT_COMMIT_PREPARED", "prepared"},
        {"TRANS_STMT_ROLLBACK_PREPARED", "prepared"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i][0], text(n, "kind")) == 0)
            strbuf_addf(b, "transaction %s", kinds[i][1]);
    return true;
}

/* Statements whose name stands under one key, as a range, a list or a string. */
static const struct simple {
    const char *node, *words, *key, *on;
} simples[] = {
    {"CreateSeqStmt", "ddl create sequence", "sequence", NULL},
    {"CreateEnumStmt", "ddl create type", "typeName", NULL},
    {"CreateRangeStmt", "ddl create type", "typeName", NULL},
    {"CompositeTypeStmt", "ddl create type", "typevar", NULL},
    {"CreateDomainStmt", "ddl create domain", "domainname", NULL},
    {"CreateTrigStmt", "ddl create trigger", "trigname", "relation"},
    {"CreateEventTrigStmt", "ddl create event trigger", "trigname", NULL},
    {"RuleStmt", "ddl create rule", "rulename", "relation"},
    {"CreatePolicyStmt", "ddl create policy", "policy_name", "table"},
    {"CreateSchemaStmt", "ddl create schema", "schemaname", NULL},
    {"CreateExtensionStmt", "ddl create extension", "extname", NULL},
    {"CreatePublicationStmt", "ddl create publication", "pubname", NULL},
    {"ViewStmt", "ddl create view", "view", NULL},
    {"CreateStmt", "ddl create table", "relation", NULL},
    {"InsertStmt", "insert", "relation", NULL},
    {"UpdateStmt", "update", "relation", NULL},
    {"DeleteStmt", "delete", "relation", NULL},
    {"MergeStmt", "merge", "relation", NULL},
    {"RefreshMatViewStmt", "maintenance refresh materialized view", "relation", NULL},
    {"DoStmt", "call", NULL, NULL},
    {"CallStmt", "call", NULL, NULL},
    {"VacuumStmt", "maintenance", NULL, NULL},
    {"VariableSetStmt", "set", NULL, NULL},
    {"CreateCastStmt", "ddl create object", NULL, NULL},
    {"CreateConversionStmt", "ddl create object", NULL, NULL},
    {"CreateFdwStmt", "ddl create object", NULL, NULL},
    {"CreateForeignServerStmt", "ddl create object", NULL, NULL},
    {"CreateUserMappingStmt", "ddl create object", NULL, NULL},
    {"CreateTransformStmt", "ddl create object", NULL, NULL},
    {"CreateOpClassStmt", "ddl create object", NULL, NULL},
    {"CreateOpFamilyStmt", "ddl create object", NULL, NULL},
    {"CreatePLangStmt", "ddl create object", NULL, NULL},
    {"CreateAmStmt", "ddl create object", NULL, NULL},
    {"AlterDefaultPrivilegesStmt", "ddl alter object", NULL, NULL},
    {"DropOwnedStmt", "ddl drop object", NULL, NULL},
    {"CreateRoleStmt", "ddl create role", "role", NULL},
    {"CreatedbStmt", "ddl create database", "dbname", NULL},
    {"CreateTableSpaceStmt", "ddl create tablespace", "tablespacename", NULL},
    {"CreateSubscriptionStmt", "ddl create subscription", "subname", NULL},
    {"AlterSeqStmt", "ddl alter sequence", "sequence", NULL},
    {"AlterDomainStmt", "ddl alter domain", "typeName", NULL},
    {"AlterPolicyStmt", "ddl alter policy", "policy_name", "table"},
    {"AlterExtensionStmt", "ddl alter extension", "extname", NULL},
    {"AlterPublicationStmt", "ddl alter publication", "pubname", NULL},
    {"AlterEventTrigStmt", "ddl alter event trigger", "trigname", NULL},
    {"CheckPointStmt", "maintenance", NULL, NULL},
    {"ExplainStmt", "session", NULL, NULL},
    {"VariableShowStmt", "session", NULL, NULL},
    {"ListenStmt", "session", NULL, NULL},
    {"UnlistenStmt", "session", NULL, NULL},
    {"NotifyStmt", "session", NULL, NULL},
    {"LockStmt", "session", NULL, NULL},
    {"DiscardStmt", "session", NULL, NULL},
    {"LoadStmt", "session", NULL, NULL},
    {"PrepareStmt", "session", NULL, NULL},
    {"DeallocateStmt", "session", NULL, NULL},
    {"DeclareCursorStmt", "session", NULL, NULL},
    {"FetchStmt", "session", NULL, NULL},
    {"ClosePortalStmt", "session", NULL, NULL},
    {"ExecuteStmt", "call", NULL, NULL},
    {"ConstraintsSetStmt", "set", NULL, NULL},
};

static bool simple(struct strbuf *b, const struct simple *s, const json_t *n)
{
    strbuf_addz(b, s->words);
    const json_t *name = s->key ? json_object_get(n, s->key) : NULL;
    if (json_is_string(name))
        strbuf_addf(b, " %s", json_string_value(name));
    else if (json_is_array(name))
        whole(b, name);
    else
        range(b, " ", name);
    if (s->on)
        range(b, " on ", json_object_get(n, s->on));
    strbuf_addz(b, yes(n, "if_not_exists") ? " if-not" : "");
    strbuf_addz(b, strcmp(s->node, "AlterSeqStmt") == 0 && yes(n, "missing_ok") ? " if" : "");
    return true;
}

/* What GRANT and REVOKE are about: the kind and the first name. */
static bool grant(struct strbuf *b, const json_t *n)
{
    const json_t *first = json_array_get(json_object_get(n, "objects"), 0);
    const char *object = object_type(text(n, "objtype"));
    strbuf_addf(b, "ddl %s ", yes(n, "is_grant") ? "grant" : "revoke");
    if (strcmp(text(n, "targtype"), "ACL_TARGET_OBJECT") != 0 || strcmp(object, "object") == 0) {
        strbuf_addz(b, "object");
        return true;
    }
    strbuf_addz(b, object);
    if (json_object_get(first, "RangeVar"))
        range(b, " ", json_object_get(first, "RangeVar"));
    else
        object_name(b, first, object);
    strbuf_addz(b, json_array_size(json_object_get(n, "objects")) > 1 ? " many" : "");
    return true;
}

static bool truncate_statement(struct strbuf *b, const json_t *n)
{
    const json_t *relations = json_object_get(n, "relations");
    strbuf_addz(b, "ddl truncate table");
    range(b, " ", json_object_get(json_array_get(relations, 0), "RangeVar"));
    strbuf_addf(b, "%s%s", json_array_size(relations) > 1 ? " many" : "",
                strcmp(text(n, "behavior"), "DROP_CASCADE") == 0 ? " cascade" : "");
    return true;
}

/* ALTER .. SET SCHEMA and ALTER .. OWNER TO, for what has a name of its own. */
static bool moved(struct strbuf *b, const json_t *n, bool owner)
{
    const char *object = object_type(text(n, "objectType"));
    strbuf_addf(b, "ddl %s %s", owner ? "alter" : "move", object);
    if (strcmp(object, "object") == 0) {
        strbuf_reset(b);
        strbuf_addz(b, "ddl alter object");
        return true;
    }
    if (json_object_get(n, "relation"))
        range(b, " ", json_object_get(n, "relation"));
    else
        object_name(b, json_object_get(n, "object"), object);
    strbuf_addz(b, yes(n, "missing_ok") ? " if" : "");
    if (!owner)
        strbuf_addf(b, " to %s", text(n, "newschema"));
    else if (strcmp(object, "type") == 0)
        strbuf_addz(b, "; alter type owner ");
    return true;
}

static bool define(struct strbuf *b, const json_t *n)
{
    const char *object = object_type(text(n, "kind"));
    strbuf_addf(b, "ddl create %s", object);
    if (strcmp(object, "object") != 0)
        whole(b, json_object_get(n, "defnames"));
    strbuf_addz(b, yes(n, "if_not_exists") ? " if-not" : "");
    return true;
}

/* false: a kind of statement that is not compared. */
static bool theirs(struct strbuf *b, const char *type, const json_t *n)
{
    const json_t *into = json_object_get(json_object_get(n, "intoClause"), "rel");
    if (strcmp(type, "SelectStmt") == 0 && into) {
        strbuf_addz(b, "ddl create table");
        range(b, " ", into);
        return true;
    }
    if (strcmp(type, "SelectStmt") == 0) {
        strbuf_addz(b, "select");
        return true;
    }
    if (strcmp(type, "CreateTableAsStmt") == 0) {
        strbuf_addf(b, "ddl create %s", object_type(text(n, "objtype")));
        range(b, " ", json_object_get(json_object_get(n, "into"), "rel"));
        strbuf_addz(b, yes(n, "if_not_exists") ? " if-not" : "");
        return true;
    }
    if (strcmp(type, "CreateFunctionStmt") == 0) {
        strbuf_addf(b, "ddl create %s", yes(n, "is_procedure") ? "procedure" : "function");
        whole(b, json_object_get(n, "funcname"));
        return true;
    }
    if (strcmp(type, "CreateSchemaStmt") == 0 && json_object_get(n, "schemaElts"))
        return false;
    if (strcmp(type, "DropStmt") == 0)
        return drop(b, n);
    if (strcmp(type, "GrantStmt") == 0)
        return grant(b, n);
    if (strcmp(type, "GrantRoleStmt") == 0) {
        strbuf_addf(b, "ddl %s role", yes(n, "is_grant") ? "grant" : "revoke");
        return true;
    }
    if (strcmp(type, "TruncateStmt") == 0)
        return truncate_statement(b, n);
    if (strcmp(type, "CopyStmt") == 0) {
        strbuf_addz(b, "copy");
        range(b, " ", json_object_get(n, "relation"));
        return true;
    }
    if (strcmp(type, "AlterObjectSchemaStmt") == 0 || strcmp(type, "AlterOwnerStmt") == 0)
        return moved(b, n, type[5] == 'O' && type[6] == 'w');
    if (strcmp(type, "DefineStmt") == 0)
        return define(b, n);
    if (strcmp(type, "ReindexStmt") == 0) {
        strbuf_addz(b, "maintenance reindex");
        return true;
    }
    if (strcmp(type, "RenameStmt") == 0)
        return rename_statement(b, n);
    if (strcmp(type, "AlterTableStmt") == 0)
        return alter_table(b, n);
    if (strcmp(type, "IndexStmt") == 0)
        return index_statement(b, n);
    if (strcmp(type, "TransactionStmt") == 0)
        return transaction(b, n);
    if (strcmp(type, "AlterEnumStmt") == 0) {
        strbuf_addz(b, "ddl alter type");
        whole(b, json_object_get(n, "typeName"));
        if (*text(n, "oldVal"))
            strbuf_addf(b, "; rename enum value %s to %s", text(n, "oldVal"), text(n, "newVal"));
        else
            strbuf_addf(b, "; create enum value %s%s", text(n, "newVal"),
                        yes(n, "skipIfNewValExists") ? " if-not" : "");
        return true;
    }
    if (strcmp(type, "CommentStmt") == 0) {
        const char *object = object_type(text(n, "objtype"));
        strbuf_addf(b, "ddl comment %s", object);
        if (strcmp(object, "object") != 0)
            object_name(b, json_object_get(n, "object"), object);
        return strcmp(text(n, "objtype"), "OBJECT_DOMCONSTRAINT") != 0;
    }
    for (size_t i = 0; i < sizeof simples / sizeof *simples; i++)
        if (strcmp(simples[i].node, type) == 0)
            return simple(b, &simples[i], n);
    return false;
}

/* ---- ours ---------------------------------------------------------------------------------------------------------- */

static void stripped(struct strbuf *b, const char *before, struct slice written)
{
    strbuf_addz(b, before);
    if (!quote_strip(b, &dialect_postgres, written))
        strbuf_add(b, written);
}

static void name(struct strbuf *b, const char *before, const struct head_name *n)
{
    if (n->schema.n) {
        stripped(b, before, n->schema);
        before = ".";
    }
    if (n->name.n)
        stripped(b, before, n->name);
}

static void part(struct strbuf *b, const struct head_part *p)
{
    static const char *const actions[] = {"", "create", "drop", "alter", "rename", "move"};
    static const char *const changes[] = {"",         "type",        "default", "no-default", "not-null", "null",
                                          "identity", "no-identity", "no-expr", "validate",   "attach",   "detach",
                                          "rls",      "no-rls",      "owner",   "option"};
    if (p->change == HEAD_OPTION) {
        strbuf_addz(b, "; option");
        return;
    }
    strbuf_addf(b, "; %s %s", actions[p->action], head_object_name(p->object));
    strbuf_addf(b, "%s%s ", p->change ? " " : "", changes[p->change]);
    name(b, "", &p->name);
    if (p->to.n)
        stripped(b, " to ", p->to);
    strbuf_addz(b, p->flags & HEAD_IF_EXISTS || (p->flags & HEAD_IF_NOT_EXISTS && p->object != HEAD_ENUM_VALUE) ? " if"
                                                                                                                : "");
    strbuf_addz(b, p->flags & HEAD_IF_NOT_EXISTS && p->object == HEAD_ENUM_VALUE ? " if-not" : "");
    strbuf_addz(b, p->flags & HEAD_CONCURRENTLY ? " concurrently" : "");
    strbuf_addz(b, p->flags & HEAD_CASCADE ? " cascade" : "");
}

/* false: opaque, as a whole or in a part. */
static bool ours(struct strbuf *b, struct slice statement)
{
    static const char *const classes[] = {"opaque", "ddl", "insert", "update",      "delete", "merge",       "select",
                                          "copy",   "set", "pragma", "transaction", "call",   "maintenance", "session"};
    static const char *const transactions[] = {"",        "begin",       "commit",  "rollback", "savepoint",
                                               "release", "rollback-to", "prepare", "prepared", "set"};
    static const char *const actions[] = {"",        "create", "drop",   "alter",    "rename",  "move",
                                          "comment", "grant",  "revoke", "truncate", "refresh", "reindex"};
    struct head h;
    head_read(&h, &dialect_postgres, statement);
    strbuf_addz(b, classes[h.class]);
    if (h.action == HEAD_REINDEX) {
        strbuf_addz(b, " reindex");
        return true;
    }
    if (h.transaction == HEAD_TX_SET) {
        strbuf_reset(b);
        strbuf_addz(b, "set");
        return true;
    }
    if (h.transaction)
        strbuf_addf(b, " %s", transactions[h.transaction]);
    if (h.action)
        strbuf_addf(b, " %s %s", actions[h.action], head_object_name(h.object));
    name(b, " ", &h.name);
    if (!head_has(&h, HEAD_PARTITION))
        name(b, " on ", &h.on);
    if (h.object != HEAD_OTHER && (h.action == HEAD_DROP || h.action == HEAD_ALTER || h.action == HEAD_RENAME ||
                                   h.action == HEAD_CREATE || h.action == HEAD_MOVE))
        strbuf_addf(b, "%s%s", head_has(&h, HEAD_IF_EXISTS) ? " if" : "",
                    head_has(&h, HEAD_IF_NOT_EXISTS) ? " if-not" : "");
    if (h.object == HEAD_INDEX)
        strbuf_addz(b, head_has(&h, HEAD_CONCURRENTLY) ? " concurrently" : "");
    if (h.action == HEAD_GRANT || h.action == HEAD_REVOKE)
        strbuf_addz(b, head_has(&h, HEAD_MANY) ? " many" : "");
    if (h.action == HEAD_DROP || h.action == HEAD_TRUNCATE)
        strbuf_addf(b, "%s%s", head_has(&h, HEAD_MANY) ? " many" : "", head_has(&h, HEAD_CASCADE) ? " cascade" : "");
    if (h.to.n)
        stripped(b, " to ", h.to);
    if (h.action == HEAD_ALTER && (h.object == HEAD_TABLE || h.object == HEAD_TYPE)) {
        struct head_parts parts;
        struct head_part p;
        head_parts_init(&parts, &h, &dialect_postgres, statement);
        while (head_parts_next(&parts, &p)) {
            if (!p.action)
                return false;
            part(b, &p);
        }
    }
    return h.class != HEAD_OPAQUE && (h.class != HEAD_DDL || h.action);
}

/* ---- the comparison ------------------------------------------------------------------------------------------------ */

struct tally {
    size_t same, opaque, different, skipped, refused, forms;
};

/* Whatever form a statement is given, PostgreSQL reads it; plpgsql reads the blocks. */
static void read_forms(struct tally *t, const char *where, const char *statement)
{
    ARENA(a);
    struct rewrites r;
    assert_int_equal(rewrite_forms(&a, &dialect_postgres, dialect_postgres.guards, NULL, slice_of(statement), &r, NULL),
                     0);
    for (size_t i = 0; i < r.n; i++) {
        bool is_block = slice_find(r.forms[i].sql, SLICE("$guard$")) != SIZE_MAX;
        PgQueryParseResult all = pg_query_parse(r.forms[i].sql.p);
        PgQueryPlpgsqlParseResult inner = {0};
        if (is_block && !all.error)
            inner = pg_query_parse_plpgsql(r.forms[i].sql.p);
        t->forms++;
        if (all.error || inner.error) {
            t->different++;
            printf("# %s: %s\n#   a form of %s\n#   %s\n", where, (all.error ? all.error : inner.error)->message,
                   statement, r.forms[i].sql.p);
        }
        pg_query_free_parse_result(all);
        if (is_block)
            pg_query_free_plpgsql_parse_result(inner);
    }
}

static void compare(struct tally *t, const char *where, const char *statement)
{
    PgQueryParseResult r = pg_query_parse(statement);
    json_t *root = r.error ? NULL : json_loads(r.parse_tree, 0, NULL);
    json_t *node = json_object_get(json_array_get(json_object_get(root, "stmts"), 0), "stmt");
    const char *type = json_object_iter_key(json_object_iter(node));
    STRBUF(a, 1 << 20);
    STRBUF(b, 1 << 20);
    if (!type) {
        t->refused++;
    } else if (!theirs(&a, type, json_object_get(node, type))) {
        t->skipped++;
    } else if (!ours(&b, slice_of(statement))) {
        t->opaque++;
        if (getenv("ORACLE_VERBOSE"))
            printf("# %s: opaque: %.100s\n", where, statement);
    } else if (strcmp(strbuf_z(&a), strbuf_z(&b)) == 0) {
        t->same++;
    } else {
        t->different++;
        printf("# %s: %.100s\n#   ours:   %s\n#   theirs: %s\n", where, statement, strbuf_z(&b), strbuf_z(&a));
    }
    if (type)
        read_forms(t, where, statement);
    json_decref(root);
    pg_query_free_parse_result(r);
}

/*
 * One template: [..] may be left out, {a|b} is one of them, ~ is space and comments, %n a name, %q a name that may have a
 * schema. Groups do not nest.
 */
static const char *const templates[] = {
    "CREATE~[TEMP ]TABLE~[IF NOT EXISTS ]%n~(%n int, %n text DEFAULT 'x;'[, CHECK (%n > 1)])",
    "CREATE~UNLOGGED TABLE~%q~(%n int)[~PARTITION BY LIST (%n)]",
    "CREATE TABLE~%q~PARTITION OF %q~FOR VALUES IN (1)",
    "CREATE TABLE~[IF NOT EXISTS ]%q~AS~{SELECT 1|VALUES (1)|TABLE %n}",
    "CREATE~[UNIQUE ]INDEX~[CONCURRENTLY ]IF NOT EXISTS~%n~ON~[ONLY ]%q~(%n, lower(%n))[~WHERE %n IS NULL]",
    "CREATE~[UNIQUE ]INDEX~[CONCURRENTLY ][%n ]~ON~%q~USING btree (%n)",
    "CREATE~[OR REPLACE ][TEMP ]VIEW~%n~AS SELECT~%n FROM %q",
    "CREATE MATERIALIZED VIEW~[IF NOT EXISTS ]%q~AS SELECT 1[ WITH NO DATA]",
    "CREATE SEQUENCE~[IF NOT EXISTS ]%q~[START 5]",
    "CREATE TYPE~%q~AS~{ENUM ('a', 'b')|(%n int)|RANGE (subtype = int)}",
    "CREATE DOMAIN~%q~AS int~[CHECK (VALUE > 1)]",
    "CREATE~[OR REPLACE ]FUNCTION~%q(%n int, %n text)~RETURNS int~LANGUAGE sql AS~{$$ SELECT 1; $$|'SELECT 1;'}",
    "CREATE~[OR REPLACE ]{FUNCTION|PROCEDURE}~%q()~BEGIN ATOMIC~INSERT INTO %n VALUES (1);~END",
    "CREATE~[CONSTRAINT ]TRIGGER~%n~AFTER~{INSERT|UPDATE OF %n, %n|DELETE}~ON~%q~FOR EACH ROW~EXECUTE FUNCTION %q()",
    "CREATE~[OR REPLACE ]RULE~%n~AS ON~{INSERT|UPDATE|DELETE}~TO~%q~DO~{NOTHING|ALSO (DELETE FROM %n; SELECT 1)}",
    "CREATE POLICY~%n~ON~%q~[FOR SELECT ]USING (true)",
    "CREATE SCHEMA~[IF NOT EXISTS ]%n~[AUTHORIZATION CURRENT_USER]",
    "CREATE EXTENSION~[IF NOT EXISTS ]%n~[WITH SCHEMA %n]",
    "CREATE EVENT TRIGGER~%n~ON ddl_command_end~EXECUTE FUNCTION %q()",
    "CREATE PUBLICATION~%n~FOR ALL TABLES",
    "DROP~{TABLE|VIEW|SEQUENCE|TYPE|DOMAIN|INDEX|MATERIALIZED VIEW}~[IF EXISTS ]%q[,~%q][~CASCADE]",
    "DROP~{FUNCTION|PROCEDURE}~[IF EXISTS ]%q[~(int, text)][~RESTRICT]",
    "DROP INDEX~CONCURRENTLY~[IF EXISTS ]%q",
    "DROP~{TRIGGER|POLICY|RULE}~[IF EXISTS ]%n~ON~%q[~CASCADE]",
    "DROP~{SCHEMA|EXTENSION}~[IF EXISTS ]%n[~CASCADE]",
    "ALTER TABLE~[IF EXISTS ][ONLY ]%q~ADD~[COLUMN ][IF NOT EXISTS ]%n~int[~DEFAULT f(1, 2)][~NOT NULL]",
    "ALTER TABLE~%q~ADD CONSTRAINT~%n~{CHECK (%n > 1)|UNIQUE (%n)|PRIMARY KEY (%n, %n)|FOREIGN KEY (%n) REFERENCES %q}",
    "ALTER TABLE~%q~ADD~{CHECK (%n > 1)|UNIQUE (%n)|PRIMARY KEY (%n)|FOREIGN KEY (%n) REFERENCES %q (%n)},~DROP %n",
    "ALTER TABLE~%q~DROP~[COLUMN ][IF EXISTS ]%n[~CASCADE],~DROP CONSTRAINT~[IF EXISTS ]%n[~CASCADE]",
    "ALTER TABLE~%q~ALTER~[COLUMN ]%n~{TYPE numeric(1, 2)|SET DATA TYPE int|SET DEFAULT 1|DROP DEFAULT|SET NOT "
    "NULL},~ADD %n int",
    "ALTER TABLE~%q~ALTER %n~{DROP NOT NULL|SET STATISTICS 5|SET (n_distinct = 5)|ADD GENERATED ALWAYS AS IDENTITY}",
    "ALTER TABLE~[IF EXISTS ]%q~RENAME~[COLUMN ]%n~TO~%n",
    "ALTER TABLE~%q~RENAME CONSTRAINT~%n~TO~%n",
    "ALTER~{TABLE|VIEW|INDEX|SEQUENCE|MATERIALIZED VIEW}~[IF EXISTS ]%q~RENAME TO~%n",
    "ALTER~{TYPE|DOMAIN}~%q~RENAME TO~%n",
    "ALTER FUNCTION~%q(int)~RENAME TO~%n",
    "ALTER~{TRIGGER|POLICY}~%n~ON~%q~RENAME TO~%n",
    "ALTER SCHEMA~%n~RENAME TO~%n",
    "ALTER TABLE~%q~{VALIDATE CONSTRAINT %n|ENABLE ROW LEVEL SECURITY|OWNER TO %n|SET (fillfactor = 5)},~DROP~%n",
    "ALTER TABLE~%q~{ATTACH PARTITION %q DEFAULT|DETACH PARTITION %q CONCURRENTLY|DETACH PARTITION %q}",
    "ALTER TYPE~%q~ADD VALUE~[IF NOT EXISTS ]'%n'[~BEFORE 'x']",
    "ALTER TYPE~%q~RENAME VALUE~'a'~TO~'b'",
    "COMMENT ON~{TABLE|VIEW|TYPE|INDEX|SEQUENCE}~%q~IS~{'x'|NULL}",
    "COMMENT ON~{COLUMN %q.%n|CONSTRAINT %n ON %q|TRIGGER %n ON %q|SCHEMA %n|FUNCTION %q(int)}~IS 'x'",
    "[WITH %n AS (SELECT 1)~]INSERT INTO~%q~[(%n) ]{VALUES (1)|SELECT 1}[~ON CONFLICT DO NOTHING][~RETURNING *]",
    "[WITH %n (%n) AS MATERIALIZED (DELETE FROM %n RETURNING 1)~]UPDATE~[ONLY ]%q~SET~%n = 1[~WHERE %n]",
    "[WITH RECURSIVE %n AS (SELECT 1), %n AS NOT MATERIALIZED (VALUES (1))~]DELETE FROM~[ONLY ]%q~[USING %n]",
    "SELECT~%n, f(%n) FROM %q~[WHERE %n = 'into']",
    "SELECT~1~INTO~[TEMP ]%n~[FROM %q]",
    "{BEGIN|BEGIN WORK|START TRANSACTION|COMMIT|END|ROLLBACK|ABORT|COMMIT AND CHAIN|SAVEPOINT %n|RELEASE %n|ROLLBACK "
    "TO %n}",
    "{SET x TO 1|SET LOCAL x = 'y'|RESET x|SET TRANSACTION READ ONLY|DO 'x'|CALL f(1)|VACUUM %n|ANALYZE %n}",
    "REFRESH MATERIALIZED VIEW~[CONCURRENTLY ]%q",
    "GRANT~{ALL|SELECT|INSERT (%n), UPDATE (%n, %n)|ALL PRIVILEGES}~ON~[TABLE ]%q[,~%q]~TO~%n[ WITH GRANT OPTION]",
    "GRANT~{USAGE|ALL}~ON~{SCHEMA %n|SEQUENCE %q|TYPE %q|DOMAIN %q|DATABASE %n|LANGUAGE %n}~TO~PUBLIC",
    "GRANT EXECUTE~ON~{FUNCTION %q(int)|PROCEDURE %q()|ALL FUNCTIONS IN SCHEMA %n|FUNCTION %q(int, text), %q()}~TO~%n",
    "GRANT ALL~ON ALL~{TABLES|SEQUENCES}~IN SCHEMA~%n[,~%n]~TO~%n",
    "GRANT~%n[,~%n]~TO~%n",
    "REVOKE~[GRANT OPTION FOR ]{ALL|DELETE}~ON~[TABLE ]%q~FROM~%n[~CASCADE]",
    "REVOKE~%n~FROM~%n",
    "ALTER DEFAULT PRIVILEGES~[IN SCHEMA %n]~GRANT SELECT ON TABLES~TO %n",
    "TRUNCATE~[TABLE ][ONLY ]%q[,~%q][~RESTART IDENTITY][~CASCADE]",
    "COPY~%q[ (%n, %n)]~{FROM STDIN|TO STDOUT|FROM STDIN WITH (FORMAT csv)}",
    "ALTER~{TABLE|VIEW|SEQUENCE|MATERIALIZED VIEW}~[IF EXISTS ]%q~SET SCHEMA~%n",
    "ALTER~{TYPE|DOMAIN|FUNCTION %q(int)|AGGREGATE %q(int)|EXTENSION}~%q~SET SCHEMA~%n",
    "ALTER~{FUNCTION|PROCEDURE}~%q(int)~{SET SCHEMA %n|OWNER TO %n}",
    "ALTER~{TYPE|DOMAIN|COLLATION|STATISTICS}~%q~OWNER TO~%n",
    "ALTER~{SCHEMA|DATABASE|PUBLICATION|EVENT TRIGGER|TABLESPACE|LANGUAGE}~%n~OWNER TO~%n",
    "ALTER SEQUENCE~[IF EXISTS ]%q~{RESTART|OWNED BY %n.%n|INCREMENT BY 5}",
    "ALTER DOMAIN~%q~{SET NOT NULL|DROP DEFAULT|ADD CONSTRAINT %n CHECK (VALUE > 1)|DROP CONSTRAINT %n}",
    "ALTER POLICY~%n~ON~%q~USING (true)",
    "ALTER EXTENSION~%n~UPDATE",
    "ALTER PUBLICATION~%n~ADD TABLE %q",
    "ALTER EVENT TRIGGER~%n~DISABLE",
    "CREATE~[OR REPLACE ]AGGREGATE~%q(int)~(SFUNC = f, STYPE = int)",
    "CREATE COLLATION~[IF NOT EXISTS ]%q~(LOCALE = 'C')",
    "CREATE~{ROLE|USER|GROUP}~%n~[WITH ]LOGIN",
    "CREATE~{DATABASE|TABLESPACE}~%n[ LOCATION 'x']",
    "CREATE CAST~(int AS text)~WITHOUT FUNCTION",
    "CREATE~[TRUSTED ]LANGUAGE~%n~HANDLER %q",
    "CREATE OPERATOR~+~(FUNCTION = %q)",
    "CREATE FOREIGN TABLE~[IF NOT EXISTS ]%q~(%n int)~SERVER %n",
    "CREATE {SERVER %n FOREIGN DATA WRAPPER %n|USER MAPPING FOR PUBLIC SERVER %n|FOREIGN DATA WRAPPER %n}",
    "CREATE TEXT SEARCH CONFIGURATION~%q~(PARSER = %q)",
    "DROP~{AGGREGATE|COLLATION|FOREIGN TABLE|STATISTICS}~[IF EXISTS ]%q[ CASCADE]",
    "DROP~{EVENT TRIGGER|PUBLICATION|LANGUAGE|SERVER}~[IF EXISTS ]%n[ CASCADE]",
    "DROP OWNED BY~%n",
    "{EXPLAIN SELECT 1|SHOW %n|LISTEN %n|UNLISTEN *|NOTIFY %n|LOCK TABLE %q|DISCARD ALL|LOAD 'x'|DEALLOCATE ALL}",
    "{PREPARE %n AS SELECT 1|EXECUTE %n|DECLARE %n CURSOR FOR SELECT 1|FETCH 1 FROM %n|CLOSE %n|CHECKPOINT}",
    "REINDEX~{TABLE|INDEX|SCHEMA}~[CONCURRENTLY ]%n",
    "SET CONSTRAINTS~{ALL|%n}~DEFERRED",
    "COMMENT ON~{AGGREGATE %q(int)|DOMAIN %q|POLICY %n ON %q|RULE %n ON %q|EXTENSION %n|ROLE %n|DATABASE %n|LANGUAGE %n}~IS "
    "'x'",
};

static const char *const words[] = {"a",   "Bc",     "\"D\"\"e\"", "begin",      "type",   "\"on\"",
                                    "key", "value",  "\xc3\xa4_1", "\"select\"", "index",  "concurrent",
                                    "u$1", "action", "data",       "\"x.y\"",    "column1"};

static void a_name(struct strbuf *b, struct oracle_random *r)
{
    strbuf_addz(b, words[oracle_below(r, sizeof words / sizeof *words)]);
}

static void a_gap(struct strbuf *b, struct oracle_random *r)
{
    static const char *const gaps[] = {" ", "\n", " /* on /* ; */ */ ", " -- to ;\n", "\t"};
    strbuf_addz(b, gaps[oracle_below(r, 8) < 4 ? 0 : oracle_below(r, sizeof gaps / sizeof *gaps)]);
}

static size_t choices(const char *p)
{
    size_t n = 1;
    for (; *p != '}'; p++)
        n += *p == '|';
    return n;
}

static void generate(struct strbuf *b, struct oracle_random *r, const char *p)
{
    bool off = false;
    size_t choice = 0, at = 0;
    bool choosing = false;
    for (; *p; p++) {
        if (*p == '[') {
            off = oracle_below(r, 2);
        } else if (*p == ']') {
            off = false;
        } else if (*p == '{') {
            choosing = true;
            at = 0;
            choice = oracle_below(r, (uint32_t)choices(p));
        } else if (*p == '|') {
            at++;
        } else if (*p == '}') {
            choosing = false;
        } else if (off || (choosing && at != choice)) {
            continue;
        } else if (*p == '~') {
            a_gap(b, r);
        } else if (*p == '%') {
            if (*++p == 'q' && oracle_below(r, 2)) {
                a_name(b, r);
                strbuf_addc(b, '.');
            }
            a_name(b, r);
        } else {
            strbuf_addc(b, *p);
        }
    }
}

static void agrees_on_generated_statements(void **state)
{
    (void)state;
    const char *given = getenv("PAWL_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20240229;
    printf("# seed %llu\n", (unsigned long long)seed);
    struct oracle_random r = {seed};
    struct tally t = {0};
    STRBUF(b, 1 << 16);
    for (size_t i = 0; i < 60 * (sizeof templates / sizeof *templates); i++) {
        strbuf_reset(&b);
        generate(&b, &r, templates[i % (sizeof templates / sizeof *templates)]);
        assert_true(strbuf_ok(&b));
        compare(&t, "generated", strbuf_z(&b));
    }
    printf("# %zu same, %zu opaque, %zu different, %zu skipped, %zu refused; %zu forms\n", t.same, t.opaque,
           t.different, t.skipped, t.refused, t.forms);
    assert_int_equal(t.different, 0);
    assert_true(t.opaque * 50 < t.same);
    assert_true(t.refused * 20 < t.same);
}

static void each(struct tally *t, const char *path)
{
    struct slice all = oracle_load(path);
    struct splitter s;
    struct statement st;
    split_init(&s, &dialect_postgres, all);
    while (split_next(&s, &st, NULL) == SPLIT_STATEMENT) {
        char *z = strndup(all.p + st.offset, st.length);
        if (z && st.kind != STATEMENT_CLIENT)
            compare(t, path, z);
        free(z);
    }
}

int main(int argc, char **argv)
{
    struct tally t = {0};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_generated_statements),
    };
    if (argc < 2)
        return cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 1; i < argc; i++)
        each(&t, argv[i]);
    printf("%zu same, %zu opaque, %zu different, %zu skipped, %zu refused; %zu forms\n", t.same, t.opaque, t.different,
           t.skipped, t.refused, t.forms);
    return t.different != 0;
}
