"""What the heuristic mapping reaches on products of many shapes: shares of the roofline limit, and work on every core."""
from __future__ import annotations

import pytest

#: Each was simulated; the floors lie a tenth to a fifth below, so that a change of the model may shift them but not lose them.
FLOORS = [("atom", 512, 512, 512, 0.36), ("atom", 1024, 1024, 1024, 0.62), ("atom", 8192, 64, 512, 0.7), ("atom", 64, 8192, 512, 0.58),
          ("atom", 1000, 3000, 700, 0.66), ("atom", 128, 4096, 1024, 0.43), ("atom", 1, 4096, 1024, 0.7), ("atom", 8, 2048, 2048, 0.7),
          ("rebel100", 1000, 3000, 700, 0.17), ("rebel100", 128, 4096, 1024, 0.09)]


@pytest.mark.parametrize(("chip", "m", "n", "k", "floor"), FLOORS)
def test_share_of_products(garam, chip: str, m: int, n: int, k: int, floor: float) -> None:
    result = garam("op", "matmul", "--shape", f"{m},{n},{k}", "--chip", chip, "--mode", "cycles")
    assert result["roofline"]["share"] >= floor
    busy = [engine["busy_cycles"] for engine in result["engines"] if engine["engine"] == "matrix"]
    assert m < 256 or min(busy) >= max(busy) / 2


def test_constants_load_while_the_group_before_computes(garam, tmp_path) -> None:
    """The same program with and without; only the time differs."""
    model = tmp_path / "two.mlir"
    model.write_text("""
module {
  func.func @main(%x: tensor<1024x384xbf16> {graph.kind = "input", graph.name = "x"},
                  %w: tensor<1536x384xbf16> {graph.kind = "input", graph.name = "w"}) -> (tensor<1024x1536xbf16> {graph.name = "y"}) {
    %0 = graph.softmax %x : tensor<1024x384xbf16>
    %1 = graph.matmul %0, %w {transpose_b = true} : (tensor<1024x384xbf16>, tensor<1536x384xbf16>) -> tensor<1024x1536xbf16>
    return %1 : tensor<1024x1536xbf16>
  }
}
""")
    early = garam("run", model, "--chip", "atom", "--mode", "both", "--random-inputs", 0)
    late = garam("run", model, "--chip", "atom", "--mode", "both", "--random-inputs", 0, "--no-prefetch")
    assert early["output_sha256"] == late["output_sha256"]
    assert early["cycles"] < late["cycles"]
