// ULX3S (ECP5, 25 MHz): the serial port is that of its USB socket; the LEDs show the class.
module ulx3s (
    input clk_25mhz,
    input ftdi_txd,
    output ftdi_rxd,
    output [7:0] led,
    output wifi_gpio0
);
  wire [3:0] class_;
  wire busy, overrun;
  serial #(
      .DIVIDER(217)
  ) serial (
      .clk(clk_25mhz),
      .rx(ftdi_txd),
      .tx(ftdi_rxd),
      .class_(class_),
      .busy(busy),
      .overrun(overrun)
  );
  assign led = {overrun, busy, 2'b00, class_};
  assign wifi_gpio0 = 1'b1;  // Else the ESP32 takes the board over.
endmodule
