"""Values of the tile level against torch, over shapes that divide by nothing."""
import os
import subprocess
import sys

import pytest
import torch

sys.path.insert(0, os.path.dirname(__file__))
from tile_interpreter import Interpreter  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
TOOL = os.environ.get("GARAM_OPT", os.path.join(ROOT, "build/bin/garam-opt"))
PASSES = ["--graph-outline-kernels", "--graph-form-groups", "--graph-assign-mapping", "--graph-verify-mapped", "--convert-graph-to-tile",
          "--tile-verify", "--mlir-elide-elementsattrs-if-larger=100000000", "--mlir-elide-resource-strings-if-larger=100000000"]
TEXT = {torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16", torch.int64: "i64", torch.int32: "i32", torch.bool: "i1"}


def tensor(value: torch.Tensor) -> str:
    return "tensor<" + "x".join([*map(str, value.shape), TEXT[value.dtype]]) + ">"


def run(body: str, result: str, chip: str = "unit", position: int | None = None, **inputs) -> torch.Tensor:
    arguments = [f'%{n}: {tensor(v)} {{graph.kind = "input", graph.name = "{n}"}}' for n, v in inputs.items()]
    if position is not None:
        arguments.append('%pos: index {graph.kind = "value", graph.name = "pos"}')
        inputs["pos"] = position
    text = (f'module attributes {{graph.chip = #graph.chip<name = "{chip}", path = "{ROOT}/runtime/chips/{chip}.toml">}} {{\n'
            f'func.func @main({", ".join(arguments)}) -> ({result} {{graph.name = "y"}}) {{\n{body}\n}}\n}}\n')
    done = subprocess.run([TOOL, *PASSES], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000] + text
    return Interpreter(done.stdout).run(**inputs)["y"]


def check(got: torch.Tensor, wanted: torch.Tensor, tolerance: float = 2e-2) -> None:
    assert got.shape == wanted.shape
    torch.testing.assert_close(got.float(), wanted.float(), rtol=tolerance, atol=tolerance)


def rand(*shape, dtype=torch.bfloat16) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))).to(dtype)


@pytest.mark.parametrize("chip", ["unit", "atom", "rebel100"])
@pytest.mark.parametrize("m,n,k", [(1, 1, 1), (1, 300, 200), (33, 50, 70), (257, 129, 65), (130, 517, 1030)])
def test_matmul(chip, m, n, k):
    x, w, b = rand(m, k), rand(n, k), rand(n)
    y = run(f"""%0 = graph.matmul %x, %w {{transpose_b = true}} : ({tensor(x)}, {tensor(w)}) -> tensor<{m}x{n}xbf16>
      %1 = graph.add %0, %b : (tensor<{m}x{n}xbf16>, {tensor(b)}) -> tensor<{m}x{n}xbf16>
      %2 = graph.gelu %1 : tensor<{m}x{n}xbf16>
      return %2 : tensor<{m}x{n}xbf16>""", f"tensor<{m}x{n}xbf16>", chip, x=x, w=w, b=b)
    check(y, torch.nn.functional.gelu(x.float() @ w.float().T + b.float()))


@pytest.mark.parametrize("shape", [(2, 3, 17, 9, 21), (1, 1, 5, 64, 33)])
def test_batched_matmul(shape):
    b, h, m, n, k = shape
    x, w = rand(b, m, h, k), rand(b, h, k, n, dtype=torch.bfloat16)
    y = run(f"""%t = graph.transpose %x [0, 2, 1, 3] : {tensor(x)} to tensor<{b}x{h}x{m}x{k}xbf16>
      %0 = graph.matmul %t, %w : (tensor<{b}x{h}x{m}x{k}xbf16>, {tensor(w)}) -> tensor<{b}x{h}x{m}x{n}xbf16>
      return %0 : tensor<{b}x{h}x{m}x{n}xbf16>""", f"tensor<{b}x{h}x{m}x{n}xbf16>", "atom", x=x, w=w)
    check(y, x.float().transpose(1, 2) @ w.float())


@pytest.mark.parametrize("chip", ["unit", "atom"])
@pytest.mark.parametrize("rows,columns", [(1, 1), (3, 5), (77, 384), (1, 5000), (130, 33)])
@pytest.mark.parametrize("op", ["softmax", "layer_norm", "rms_norm", "gelu", "silu", "residual", "wide"])
def test_rows(chip, rows, columns, op):
    x, w, r = rand(rows, columns), rand(columns), rand(rows, columns)
    t, f = f"{rows}x{columns}xbf16", torch.nn.functional
    bodies = {
        "softmax": (f"%0 = graph.softmax %x : tensor<{t}>", f.softmax(x.float(), -1)),
        "layer_norm": (f"%0 = graph.layer_norm %x, %w, %w {{eps = 1.0e-5 : f32}} : tensor<{t}>, {tensor(w)}, {tensor(w)}",
                       f.layer_norm(x.float(), (columns,), w.float(), w.float(), 1e-5)),
        "rms_norm": (f"%0 = graph.rms_norm %x, %w {{eps = 1.0e-5 : f32, style = #graph.norm_style<llama>}} : tensor<{t}>, {tensor(w)}",
                     (x.float() * (x.float().pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt()).bfloat16().float() * w.float()),
        "gelu": (f"%0 = graph.gelu %x {{approximate = #graph.gelu_approximation<tanh>}} : tensor<{t}>", f.gelu(x.float(), approximate="tanh")),
        "silu": (f"%0 = graph.silu %x : tensor<{t}>", f.silu(x.float())),
        "residual": (f"""%a = graph.add %x, %r : (tensor<{t}>, tensor<{t}>) -> tensor<{t}>
             %n = graph.rms_norm %a, %w {{eps = 1.0e-5 : f32, style = #graph.norm_style<gemma>}} : tensor<{t}>, {tensor(w)}
             %0 = graph.mul %n, %a : (tensor<{t}>, tensor<{t}>) -> tensor<{t}>""",
                     (lambda a: a * (a.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt() * (1 + w.float()) * a)(x.float() + r.float())),
        "wide": (f"""%m = graph.reduce #graph.reduce_kind<max> %x {{dim = 1 : i64, keepdim = true}} : tensor<{t}> to tensor<{rows}x1xbf16>
             %c = graph.compare #graph.predicate<lt> %x, %m : (tensor<{t}>, tensor<{rows}x1xbf16>) -> tensor<{rows}x{columns}xi1>
             %s = graph.select %c, %x, %r : (tensor<{rows}x{columns}xi1>, tensor<{t}>, tensor<{t}>) -> tensor<{t}>
             %e = graph.sub %s, %m : (tensor<{t}>, tensor<{rows}x1xbf16>) -> tensor<{t}>
             %0 = graph.tanh %e : tensor<{t}>""",
                 (lambda m: torch.tanh(torch.where(x.float() < m, x.float(), r.float()) - m))(x.float().amax(-1, keepdim=True))),
    }
    body, wanted = bodies[op]
    check(run(body.replace("#graph.predicate<lt> ", "<lt> ").replace("#graph.reduce_kind<max> ", "<max> ") + f"\nreturn %0 : tensor<{t}>", f"tensor<{t}>",
              chip, x=x, w=w, r=r), wanted, 4e-2)


@pytest.mark.parametrize("chip", ["unit", "atom"])
@pytest.mark.parametrize("b,h,hk,s,t,d", [(1, 1, 1, 1, 1, 8), (2, 3, 3, 9, 9, 32), (1, 4, 2, 5, 70, 24), (2, 2, 1, 130, 130, 40), (1, 6, 2, 33, 300, 64)])
@pytest.mark.parametrize("kind", ["plain", "mask", "causal", "window", "bias"])
def test_attention(chip, b, h, hk, s, t, d, kind, tmp_path):
    q, k, v = rand(b, s, h, d), rand(b, hk, t, d), rand(b, hk, t, d)
    mask = (torch.arange(t).expand(b, t) * 7 % 5 > torch.arange(b)[:, None]).long()
    mask[0] = mask[0] if b == 1 else 0
    bias = rand(1, h, s, t)
    extra = {"mask": "mask %m ", "bias": "bias %c "}.get(kind, "")
    types = {"mask": f", {tensor(mask)}", "bias": f", {tensor(bias)}"}.get(kind, "")
    flags = {"causal": ", causal = true", "window": ", causal = true, window = 3 : i64", "bias": ", softcap = 3.0 : f32"}.get(kind, "")
    y = run(f"""%t = graph.transpose %q [0, 2, 1, 3] : {tensor(q)} to tensor<{b}x{h}x{s}x{d}xbf16>
      %0 = graph.attention %t, %k, %v {extra}{{scale = 0.3 : f32{flags}}} : (tensor<{b}x{h}x{s}x{d}xbf16>, {tensor(k)}, {tensor(v)}{types}) -> tensor<{b}x{h}x{s}x{d}xbf16>
      return %0 : tensor<{b}x{h}x{s}x{d}xbf16>""", f"tensor<{b}x{h}x{s}x{d}xbf16>", chip, q=q, k=k, v=v, m=mask, c=bias)
    check(y, attention(q.transpose(1, 2), k, v, 0.3, kind, mask, bias))


@pytest.mark.parametrize("chip", ["unit", "atom"])
@pytest.mark.parametrize("s,t", [(3, 5), (7, 4), (40, 300)])
@pytest.mark.parametrize("rows", ["average", "zero", "nan"])
@pytest.mark.parametrize("kind", ["mask", "causal", "window", "bias", "bias mask"])
def test_rows_without_keys(chip, s, t, rows, kind):
    b, h, hk, d = 2, 4, 2, 16
    q, k, v = rand(b, h, s, d), rand(b, hk, t, d), rand(b, hk, t, d)
    mask = (torch.arange(t)[None] < torch.tensor([[t - 1], [0]])).long()
    bias = rand(1, h, s, t, dtype=torch.float32)
    bias[:, :, 0], bias[:, 1, 1] = -torch.inf, torch.finfo(torch.float32).min
    extra, types = "", ""
    if "mask" in kind:
        extra, types = "mask %m ", f", {tensor(mask)}"
    if "bias" in kind:
        extra, types = extra + "bias %c ", types + f", {tensor(bias)}"
    flags = {"causal": ", causal = true", "window": ", causal = true, window = 3 : i64"}.get(kind, "")
    n = f"tensor<{b}x{h}x{s}x{d}xbf16>"
    y = run(f"""%0 = graph.attention %q, %k, %v {extra}{{scale = 0.3 : f32{flags}, masked_rows = #graph.masked_rows<{rows}>}} : ({n}, {tensor(k)}, {tensor(v)}{types}) -> {n}
      return %0 : {n}""", n, chip, q=q, k=k, v=v, m=mask, c=bias)
    keep = kept(b, s, t, "mask" if "mask" in kind else kind, mask)
    scores = 0.3 * (q.float() @ k.float().repeat_interleave(2, 1).transpose(-1, -2)) + (bias if "bias" in kind else 0)
    scores = torch.where(keep, scores, torch.finfo(torch.float32).min if rows == "average" else -torch.inf)
    weights = torch.softmax(scores, -1)
    if rows == "zero":
        weights = weights.nan_to_num(0)
    torch.testing.assert_close(y.float(), weights @ v.float().repeat_interleave(2, 1), rtol=2e-2, atol=2e-2, equal_nan=True)


def attention(q, k, v, scale, kind, mask=None, bias=None, pos=None):
    b, h, s, d = q.shape
    t = k.shape[2]
    k, v = (x.float().repeat_interleave(h // k.shape[1], 1) for x in (k, v))
    scores = scale * (q.float() @ k.transpose(-1, -2))
    if kind == "bias":
        scores = 3 * torch.tanh(scores / 3) + bias.float()
    weights = torch.softmax(scores.masked_fill(~kept(b, s, t, kind, mask, pos), -1e30), -1)
    return weights @ v


def kept(b, s, t, kind, mask, pos=None):
    at = (torch.arange(s) + (t - s if pos is None else pos))[:, None]
    key = torch.arange(t)[None]
    keep = torch.ones(b, 1, s, t, dtype=torch.bool)
    if kind == "mask":
        keep &= mask[:, None, None] != 0
    if kind in ("causal", "window") or pos is not None:
        keep &= key <= at
    if kind == "window":
        keep &= at - key < 3
    return keep


@pytest.mark.parametrize("chip", ["unit", "atom"])
@pytest.mark.parametrize("s,h,hk", [(1, 4, 4), (1, 6, 2), (3, 4, 2)])
@pytest.mark.parametrize("pos", [0, 4, 36, 63, 127])
def test_decode(chip, s, h, hk, pos):
    t, d = 130, 32
    q, cache, new = rand(1, h, s, d), rand(1, hk, t, d), rand(1, hk, s, d)
    n = f"tensor<1x{h}x{s}x{d}xbf16>"
    y = run(f"""%0 = graph.kv_update %c, %n pos %pos : {tensor(cache)}, {tensor(new)}
      %1 = graph.attention %q, %0, %0 pos %pos {{scale = 0.2 : f32}} : ({tensor(q)}, {tensor(cache)}, {tensor(cache)}, index) -> {n}
      return %1 : {n}""", n, chip, pos, q=q, c=cache, n=new)
    cache = cache.clone()
    cache[:, :, pos:pos + s] = new
    check(y, attention(q, cache, cache, 0.2, "plain", pos=pos))


def test_rope():
    x, cos, sin = rand(2, 3, 5, 16), rand(40, 16, dtype=torch.float32), rand(40, 16, dtype=torch.float32)
    y = run(f"""%0 = graph.rope %x, %cos, %sin pos %pos : {tensor(x)}, {tensor(cos)}, {tensor(sin)}
      return %0 : {tensor(x)}""", tensor(x), "atom", 7, x=x, cos=cos, sin=sin)
    v, c, s = x.float(), cos[7:12], sin[7:12]
    check(y, v * c + torch.cat([-v[..., 8:], v[..., :8]], -1) * s)


def test_shapes():
    x, y = rand(2, 6, 4, dtype=torch.float32), rand(2, 3, 4, dtype=torch.float32)
    got = run(f"""%0 = graph.slice %x [0, 1, 0] to [2, 6, 4] step [1, 2, 1] : {tensor(x)} to tensor<2x3x4xf32>
      %1 = graph.concat %0, %y {{dim = 1 : i64}} : (tensor<2x3x4xf32>, {tensor(y)}) -> tensor<2x6x4xf32>
      %2 = graph.transpose %1 [1, 2, 0] : tensor<2x6x4xf32> to tensor<6x4x2xf32>
      %3 = graph.reshape %2 : tensor<6x4x2xf32> to tensor<12x4xf32>
      %4 = graph.reduce <sum> %3 {{dim = 0 : i64}} : tensor<12x4xf32> to tensor<4xf32>
      return %4 : tensor<4xf32>""", "tensor<4xf32>", "atom", x=x, y=y)
    check(got, torch.cat([x[:, 1:6:2], y], 1).permute(1, 2, 0).reshape(12, 4).sum(0), 1e-5)


def test_integers():
    ids = torch.tensor([[5, 1, 1, 7, 9], [3, 4, 1, 1, 1]])
    table = rand(20, 8)
    y = run(f"""%one = graph.constant dense<1> : tensor<i64>
      %m = graph.compare <ne> %ids, %one : ({tensor(ids)}, tensor<i64>) -> tensor<2x5xi1>
      %c = graph.cast %m : tensor<2x5xi1> to tensor<2x5xi64>
      %s = graph.cumsum %c : tensor<2x5xi64>
      %p = graph.mul %s, %c : (tensor<2x5xi64>, tensor<2x5xi64>) -> tensor<2x5xi64>
      %a = graph.add %p, %one : (tensor<2x5xi64>, tensor<i64>) -> tensor<2x5xi64>
      %e = graph.embedding %t, %a : ({tensor(table)}, tensor<2x5xi64>) -> tensor<2x5x8xbf16>
      return %e : tensor<2x5x8xbf16>""", "tensor<2x5x8xbf16>", "unit", ids=ids, t=table)
    keep = (ids != 1).long()
    check(y, table[keep.cumsum(1) * keep + 1])
