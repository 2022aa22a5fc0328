"""Random statements for random sets of migrations, in the words that both engines share.

A `World` keeps what there is, roughly: some statements are refused by the engine, and the file is then left out. Names clash
on purpose, need quotes, and come back after they were dropped.
"""
import copy

TABLES = ["users", "posts", "tags", "Items", "order", "logs"]
COLUMNS = ["name", "email", "n", "total", "Group", "at", "ref", "kind", "x"]
SHARED = {"INTEGER": "7", "BIGINT": "8", "TEXT": "'t'", "VARCHAR(20)": "'v'", "NUMERIC(8,2)": "1.5"}
TYPES = {"sqlite": SHARED | {"BOOLEAN": "1", "BLOB": "x'01'", "REAL": "2.5"},
         "postgres": SHARED | {"BOOLEAN": "true", "timestamptz": "'2020-01-01'", "jsonb": "'{}'",
                               "uuid": "'00000000-0000-0000-0000-000000000001'"}}
WHOLE, WORDS = ("INTEGER", "BIGINT"), ("TEXT", "VARCHAR(20)")


def name(text):
    return text if text.islower() and text != "order" else f'"{text}"'


class World:
    """Tables with the types of their columns, indexes and views with the table they are on."""

    def __init__(self, engine, random):
        self.engine, self.random = engine, random
        self.tables, self.indexes, self.views, self.count = {}, {}, {}, 0

    def twin(self):
        other = copy.copy(self)
        other.tables = {t: dict(columns) for t, columns in self.tables.items()}
        other.indexes, other.views = dict(self.indexes), dict(self.views)
        return other

    def statement(self):
        """One statement, or None where what was drawn does not fit."""
        make = self.random.choices(*zip(*KINDS))[0]
        return make(self) if self.tables or make is create_table else None

    # what the kinds draw from

    def sometimes(self, share, text, otherwise=""):
        return text if self.random.random() < share else otherwise

    def table(self):
        return self.random.choice(list(self.tables))

    def free_table(self):
        free = [t for t in TABLES if t not in self.tables]
        return self.random.choice(free) if free else None

    def column(self, table, types=None):
        """One that is not the key, of one of the types."""
        fit = [c for c, t in self.tables[table].items() if c != "id" and (types is None or t in types)]
        return self.random.choice(fit) if fit else None

    def free_column(self, table):
        free = [c for c in COLUMNS if c not in self.tables[table]]
        return self.random.choice(free) if free else None

    def new_name(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}"

    def definition(self, in_new_table):
        """A type and what follows it."""
        kind, value = self.random.choice(list(TYPES[self.engine].items()))
        null = self.random.choice(["", "", "", f" DEFAULT {value}", f" NOT NULL DEFAULT {value}",
                                   " NOT NULL" if in_new_table else ""])
        return kind, kind + null + self.sometimes(.1, " UNIQUE")


# ---- tables and columns ----------------------------------------------------------------------------------------------


def create_table(world):
    table = world.free_table()
    if not table or table in world.views:
        return None
    columns = {"id": "INTEGER"}
    parts = ["id INTEGER PRIMARY KEY" if world.random.random() < .8 else "id BIGINT PRIMARY KEY"]
    for column in world.random.sample(COLUMNS, world.random.randint(1, 4)):
        columns[column], text = world.definition(True)
        parts.append(f"{name(column)} {text}")
    if world.tables and world.random.random() < .4:
        columns["owner"] = "INTEGER"
        action = world.random.choice(["", " ON DELETE CASCADE", " ON DELETE SET NULL"])
        parts.append(f"owner INTEGER REFERENCES {name(world.table())} (id){action}")
    if world.random.random() < .2:
        parts.append(f"CONSTRAINT {world.new_name('checked')} CHECK (id > 0)")
    world.tables[table] = columns
    return f"CREATE TABLE {world.sometimes(.25, 'IF NOT EXISTS ')}{name(table)} ({', '.join(parts)})"


def drop_table(world):
    table = world.table()
    del world.tables[table]
    return f"DROP TABLE {world.sometimes(.25, 'IF EXISTS ')}{name(table)}"


def rename_table(world):
    table, to = world.table(), world.free_table()
    if not to:
        return None
    world.tables[to] = world.tables.pop(table)
    return f"ALTER TABLE {name(table)} RENAME TO {name(to)}"


def add_column(world):
    table = world.table()
    column = world.free_column(table)
    if not column:
        return None
    world.tables[table][column], text = world.definition(False)
    return f"ALTER TABLE {name(table)} ADD COLUMN {world.sometimes(.15, 'IF NOT EXISTS ')}{name(column)} {text}"


def drop_column(world):
    table = world.table()
    column = world.column(table)
    if not column:
        return None
    del world.tables[table][column]
    return f"ALTER TABLE {name(table)} DROP COLUMN {world.sometimes(.15, 'IF EXISTS ')}{name(column)}"


def rename_column(world):
    table = world.table()
    column, to = world.column(table), world.free_column(table)
    if not column or not to:
        return None
    world.tables[table][to] = world.tables[table].pop(column)
    return f"ALTER TABLE {name(table)} RENAME COLUMN {name(column)} TO {name(to)}"


def alter_column(world):
    table = world.table()
    column = world.column(table)
    if not column:
        return None
    kind = world.tables[table][column]
    value = TYPES[world.engine][kind]
    before, change = world.random.choice([
        (f"UPDATE {name(table)} SET {name(column)} = {value} WHERE {name(column)} IS NULL;\n", "SET NOT NULL"),
        ("", "DROP NOT NULL"), ("", f"SET DEFAULT {value}"), ("", "DROP DEFAULT"), ("", "TYPE BIGINT")])
    if change == "TYPE BIGINT":
        if kind != "INTEGER":
            return None
        world.tables[table][column] = "BIGINT"
    return f"{before}ALTER TABLE {name(table)} ALTER COLUMN {name(column)} {change}"


def add_constraint(world):
    table = world.table()
    what = world.random.choice(["check", "unique", "key"])
    column, other = world.column(table, WHOLE if what == "key" else None), world.table()
    if not column:
        return None
    text = {"check": f"CHECK (id > -{world.count})", "unique": f"UNIQUE (id, {name(column)})",
            "key": f"FOREIGN KEY ({name(column)}) REFERENCES {name(other)} (id)"}[what]
    return f"ALTER TABLE {name(table)} ADD CONSTRAINT {world.new_name(what)} {text}"


def drop_constraint(world):
    constraint = world.random.choice(["check", "unique", "key"]) + str(world.random.randint(1, world.count + 1))
    return f"ALTER TABLE {name(world.table())} DROP CONSTRAINT {world.sometimes(.5, 'IF EXISTS ')}{constraint}"


# ---- what hangs on them ----------------------------------------------------------------------------------------------


def create_index(world):
    table = world.table()
    columns = list(world.tables[table])
    keys = ", ".join(name(c) for c in world.random.sample(columns, min(len(columns), world.random.randint(1, 2))))
    index = world.new_name("by_")
    world.indexes[index] = table
    where = world.sometimes(.2, f" WHERE {name(world.random.choice(columns))} IS NOT NULL")
    unique, guard = world.sometimes(.25, "UNIQUE "), world.sometimes(.25, "IF NOT EXISTS ")
    return f"CREATE {unique}INDEX {guard}{index} ON {name(table)} ({keys}){where}"


def drop_one(world, word, things):
    if not things:
        return None
    thing = world.random.choice(list(things))
    del things[thing]
    return f"DROP {word} {world.sometimes(.25, 'IF EXISTS ')}{thing}"


def drop_index(world):
    return drop_one(world, "INDEX", world.indexes)


def create_view(world):
    table = world.table()
    column = world.column(table) or "id"
    view = world.random.choice(list(world.views)) if world.views and world.random.random() < .3 else None
    again = f"DROP VIEW {view};\n" if view else ""
    view = view or world.new_name("seen_")
    world.views[view] = table
    return f"{again}CREATE VIEW {view} AS SELECT id AS one, {name(column)} AS two FROM {name(table)}"


def drop_view(world):
    return drop_one(world, "VIEW", world.views)


# ---- rows ------------------------------------------------------------------------------------------------------------


def insert(world):
    guard = world.sometimes(.3, " ON CONFLICT DO NOTHING")
    return f"INSERT INTO {name(world.table())} (id) VALUES ({world.random.randint(1, 9)}){guard}"


def update(world):
    table = world.table()
    column = world.column(table, WHOLE + WORDS)
    if not column:
        return None
    value = "'u'" if world.tables[table][column] in WORDS else world.random.choice(["3", f"{name(column)} + 1"])
    return f"UPDATE {name(table)} SET {name(column)} = {value}"


def delete(world):
    return f"DELETE FROM {name(world.table())} WHERE id = {world.random.randint(1, 9)}"


KINDS = [(create_table, 4), (drop_table, 1), (rename_table, 1), (add_column, 6), (drop_column, 2), (rename_column, 2),
         (alter_column, 5), (add_constraint, 3), (drop_constraint, 1), (create_index, 4), (drop_index, 1),
         (create_view, 2), (drop_view, 1), (insert, 3), (update, 1), (delete, 1)]
