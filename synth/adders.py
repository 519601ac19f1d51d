"""Adders out of a library's full adders, which Yosys by itself never uses."""

from __future__ import annotations

from pascaline.synth.liberty import FullAdder

__all__ = ["adder_map"]

# A bit whose three operands are all variable is a full adder; a bit with a constant operand is
# written as gates, for ABC to simplify with what is around it (measured: smaller than half adders).
# Descriptions write a carry in as {a, 1} + {b, carry}: its lowest bit is such a bit, and free.
TEMPLATE = r"""
(* techmap_celltype = "$neg" *)
module negation (A, Y);
  parameter A_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter Y_WIDTH = 1;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) output [Y_WIDTH-1:0] Y;
  \$sub #(
    .A_SIGNED(A_SIGNED), .B_SIGNED(A_SIGNED), .A_WIDTH(1), .B_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)
  ) subtract (.A(1'b0), .B(A), .Y(Y));
endmodule

(* techmap_celltype = "$add $sub" *)
module ripple (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTVAL_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTVAL_B_ = 0;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;

  localparam SUB = _TECHMAP_CELLTYPE_ == "$sub";
  localparam SIGNED = A_SIGNED && B_SIGNED;

  function [Y_WIDTH-1:0] extend_a(input [A_WIDTH-1:0] bits, input fill);
    integer k;
    for (k = 0; k < Y_WIDTH; k = k + 1)
      extend_a[k] = k < A_WIDTH ? bits[k] : SIGNED ? bits[A_WIDTH-1] : fill;
  endfunction

  function [Y_WIDTH-1:0] extend_b(input [B_WIDTH-1:0] bits, input fill);
    integer k;
    for (k = 0; k < Y_WIDTH; k = k + 1)
      extend_b[k] = k < B_WIDTH ? bits[k] : SIGNED ? bits[B_WIDTH-1] : fill;
  endfunction

  // Known carries, from operand bits that are known to have the same value.
  function [Y_WIDTH:0] carries(
    input [Y_WIDTH-1:0] a, input [Y_WIDTH-1:0] b, input first
  );
    integer k;
    begin
      carries[0] = first;
      for (k = 0; k < Y_WIDTH; k = k + 1)
        carries[k+1] = (a[k] & b[k]) | (carries[k] & (a[k] | b[k]));
    end
  endfunction

  // Known zeros and known ones of the operands.
  localparam [Y_WIDTH-1:0] A0 = extend_a(_TECHMAP_CONSTMSK_A_ & ~_TECHMAP_CONSTVAL_A_, 1);
  localparam [Y_WIDTH-1:0] A1 = extend_a(_TECHMAP_CONSTMSK_A_ & _TECHMAP_CONSTVAL_A_, 0);
  localparam [Y_WIDTH-1:0] B0 = extend_b(_TECHMAP_CONSTMSK_B_ & ~_TECHMAP_CONSTVAL_B_, 1);
  localparam [Y_WIDTH-1:0] B1 = extend_b(_TECHMAP_CONSTMSK_B_ & _TECHMAP_CONSTVAL_B_, 0);
  localparam [Y_WIDTH:0] C0 = carries(A0, SUB ? B1 : B0, !SUB);
  localparam [Y_WIDTH:0] C1 = carries(A1, SUB ? B0 : B1, SUB);
  localparam [Y_WIDTH-1:0] KNOWN = A0 | A1 | B0 | B1 | C0 | C1;

  (* force_downto *) wire [Y_WIDTH-1:0] a, b;
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_left (.A(A), .Y(a));
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_right (.A(B), .Y(b));
  wire [Y_WIDTH-1:0] d = SUB ? ~b : b;
  wire [Y_WIDTH:0] c;
  assign c[0] = SUB;
  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1) begin : bits
      if (i < Y_WIDTH - 1 && !KNOWN[i])
        @FA@ (@A@(a[i]), @B@(d[i]), @C@(c[i]), @SUM@(Y[i]), @CARRY@(c[i+1]));
      else begin
        assign Y[i] = a[i] ^ d[i] ^ c[i];
        assign c[i+1] = C0[i+1] ? 1'b0 : C1[i+1] ? 1'b1 : (a[i] & d[i]) | (c[i] & (a[i] | d[i]));
      end
    end
  endgenerate
endmodule

(* techmap_celltype = "$fa" *)
module compressor (A, B, C, X, Y);
  parameter WIDTH = 1;
  (* force_downto *) input [WIDTH-1:0] A, B, C;
  (* force_downto *) output [WIDTH-1:0] X, Y;
  genvar i;
  generate
    for (i = 0; i < WIDTH; i = i + 1) begin : bits
      @FA@ (@A@(A[i]), @B@(B[i]), @C@(C[i]), @SUM@(Y[i]), @CARRY@(X[i]));
    end
  endgenerate
endmodule
"""


def adder_map(adder: FullAdder) -> str:
    """Verilog by which Yosys' ``techmap`` makes ripple-carry adders.

    It is for the cells ``$add``, ``$sub`` and ``$neg``, and for ``$fa``, which is one full adder a
    bit.

    Parameters
    ----------
    adder : FullAdder
        The cell that adds three bits.
    """
    first, second, third = adder.operands
    text = TEMPLATE.replace("@FA@", rf"\{adder.cell}  full_adder")
    pins = {"@A@": first, "@B@": second, "@C@": third, "@SUM@": adder.sum, "@CARRY@": adder.carry}
    for mark, pin in pins.items():
        text = text.replace(mark, rf".\{pin} ")
    return text
