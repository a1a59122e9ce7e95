"""Isa.td as JSON (llvm-tblgen --dump-json) to what C++, MLIR and people read.

    gen.py --json ISA.json --inc Isa.inc --ops IsaOps.td --rows RowsOps.td --page isa.md
"""
import argparse
import json

MAX_SLOTS = 13


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace(".", "_").split("_"))


def lower_camel(name: str) -> str:
    upper = camel(name)
    return upper[0].lower() + upper[1:]


def records(table: dict) -> list[dict]:
    found = []
    for name in table["!instanceof"]["Insn"]:
        record = table[name]
        fields = []
        for entry in record["fields"]:
            field = table[entry["def"]]
            kind = table[field["kind"]["def"]]
            fields.append({"name": field["name"], "kind": kind["name"], "reg": bool(kind["reg"]), "text": field["text"]})
        if len(fields) > MAX_SLOTS:
            raise SystemExit(f"{record['mnemonic']}: {len(fields)} fields; a word has {MAX_SLOTS} slots")
        found.append({"mnemonic": record["mnemonic"], "opcode": record["opcode"], "fields": fields, "text": record["text"],
                      "engine": table[record["engine"]["def"]]["name"], "example": record["example"], "verb": record.get("verb"),
                      "types": record.get("types"), "result": table[record["result"]["def"]]["name"] if "result" in record else None})
    found.sort(key=lambda insn: insn["opcode"])
    opcodes = [insn["opcode"] for insn in found]
    if len(set(opcodes)) != len(opcodes):
        raise SystemExit("two instructions share an opcode")
    return found


def step_records(table: dict) -> list[dict]:
    found = sorted((table[name] for name in table["!instanceof"]["Step"]), key=lambda step: step["number"])
    numbers = [step["number"] for step in found]
    if len(set(numbers)) != len(numbers) or not all(0 < number < 256 for number in numbers):
        raise SystemExit("steps are numbered from 1 to 255, each once")
    return found


def inc(insns: list[dict], steps: list[dict]) -> str:
    out = ["// Generated from Isa.td.", "#ifdef GARAM_ISA_OPCODES"]
    out += [f"{camel(i['mnemonic'])} = {i['opcode']}," for i in insns]
    out += ["#endif", "#ifdef GARAM_ISA_TABLE"]
    for i in insns:
        fields = ", ".join(f'{{"{f["name"]}", FieldKind::{camel(f["kind"])}, {str(f["reg"]).lower()}, "{f["text"]}"}}' for f in i["fields"])
        out.append(f'{{Opcode::{camel(i["mnemonic"])}, "{i["mnemonic"]}", Engine::{camel(i["engine"])}, "{i["text"]}", {{{fields}}}}},')
    out += ["#endif", "#ifdef GARAM_ISA_VIEWS"]
    for i in insns:
        if not i["fields"]:
            continue
        out.append(f"/// {i['text']}\nstruct {camel(i['mnemonic'])}Args {{")
        out += [f"  int64_t {lower_camel(f['name'])};  ///< {f['text']}" for f in i["fields"]]
        values = ", ".join(f"v[{n}]" for n in range(len(i["fields"])))
        out.append(f"  static {camel(i['mnemonic'])}Args from(const SlotValues &v) {{ return {{{values}}}; }}\n}};")
    out += ["#endif", "#ifdef GARAM_ISA_ROWS"]
    out += [f"GARAM_ISA_ROWS({camel(i['verb'])}, {camel(i['mnemonic'])}, {i['result']}, {str(i['types'] == 'integer').lower()})"
            for i in insns if i["verb"]]
    out += ["#endif", "#ifdef GARAM_ISA_STEPS"]
    out += [f'GARAM_ISA_STEPS({s["name"]}, {s["number"]}, "{s["text"]}", {s["cost"]}, {str(bool(s["operand"])).lower()}, '
            f'{str(bool(s["integers"])).lower()})' for s in steps]
    out += ["#endif", ""]
    return "\n".join(out)


def rows_ops(insns: list[dict]) -> str:
    """Ops of the tile and the task dialect; which of the two, says the includer."""
    out = ["// Generated from Isa.td."]
    for dialect in ("Tile", "Task"):
        out.append(f"#ifdef GARAM_{dialect.upper()}_ROWS")
        out += [f'def {dialect}_{camel(i["verb"])}Op : {dialect}_RowsOp<"{i["verb"]}", "{i["text"]}">;' for i in insns if i["verb"]]
        out.append("#endif")
    return "\n".join(out) + "\n"


def ops(insns: list[dict]) -> str:
    out = ["// Generated from Isa.td."]
    for i in insns:
        name = i["mnemonic"].replace(".", "_")
        out.append(f'def Isa_{camel(name)}Op : Isa_Insn<"{name}"> {{\n  let summary = "{i["text"]}";\n'
                   f'  let description = [{{Example: `{i["example"]}`}}];\n}}')
    return "\n".join(out) + "\n"


def page(insns: list[dict], steps: list[dict]) -> str:
    out = ["# Instructions", "", "Generated from `runtime/isa/Isa.td`.", ""]
    for i in insns:
        out += [f"## `{i['mnemonic']}`", "", f"{i['text']} Engine `{i['engine']}`, opcode {i['opcode']:#04x}.", ""]
        if i["fields"]:
            out += ["| slot | field | kind | register | |", "|---|---|---|---|---|"]
            out += [f"| {n} | `{f['name']}` | {f['kind']} | {'yes' if f['reg'] else 'no'} | {f['text']} |" for n, f in enumerate(i["fields"])]
            out.append("")
        out += ["```", i["example"], "```", ""]
    out += ["# Steps of a chain", "", "| number | step | cycles of a beat | operand | in integer chains |", "|---|---|---|---|---|"]
    out += [f"| {s['number']} | `{s['text']}` | {s['cost']} | {'x' if s['operand'] else ''} | {'yes' if s['integers'] else 'no'} |" for s in steps]
    out.append("")
    return "\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("json", "inc", "ops", "rows", "page"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    with open(args.json, encoding="utf-8") as file:
        table = json.load(file)
    insns, steps = records(table), step_records(table)
    for path, text in ((args.inc, inc(insns, steps)), (args.ops, ops(insns)), (args.rows, rows_ops(insns)), (args.page, page(insns, steps))):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
