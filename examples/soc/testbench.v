// Runs the system until it is done, and prints what it found.

`timescale 1ns / 1ps

module testbench;
  reg clk = 0, reset_n = 0;
  wire done;
  wire [31:0] errors, dropped, results;
  integer k;

  soc #(.BEAT(`BEAT), .RESULT(`RESULT)) soc (
      .clk(clk), .reset_n(reset_n), .packets(`EXPECTED),
      .done(done), .errors(errors), .dropped(dropped), .results(results)
  );

  always #5 clk = ~clk;

  initial begin
    repeat (4) @(negedge clk);
    reset_n = 1;
    repeat (100000) @(negedge clk) if (done) begin
      $display("errors %0d dropped %0d", errors, dropped);
      for (k = 0; k < results; k = k + 1) $display("result %h", soc.result[k]);
      $finish;
    end
    $display("timeout");
    $finish;
  end
endmodule
