// iCEBreaker (iCE40 UP5K, 12 MHz): the serial port is that of its USB socket.
module icebreaker (
    input clk,
    input rx,
    output tx,
    output led_red_n,
    output led_green_n
);
  wire busy, overrun;
  serial #(
      .DIVIDER(104)
  ) serial (
      .clk(clk),
      .rx(rx),
      .tx(tx),
      .class_(),
      .busy(busy),
      .overrun(overrun)
  );
  assign led_red_n   = !overrun;
  assign led_green_n = !busy;
endmodule
