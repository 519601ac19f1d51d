// The machine digits_ternary (one unit, one input a beat) behind a serial port of 8 bits, no parity.
//
// A byte N, then N vectors of 13 bytes come in, the first input of each first; a byte with the
// class goes out. A byte must not come before the machine has taken the one before: at 115,200 baud
// and 12 MHz a vector takes 13,500 cycles, and the machine a step of 11,300.
module serial #(
    parameter DIVIDER = 104,  // Cycles of a bit.
    parameter INPUTS = 13
) (
    input clk,
    input rx,
    output tx,
    output reg [3:0] class_ = 0,  // The last one.
    output busy,
    output reg overrun = 0  // A byte was lost.
);
  reg [3:0] start = 0;
  wire rst = !start[3];
  always @(posedge clk) if (rst) start <= start + 1;

  // Bytes come: after the start bit, each bit is looked at in its middle.
  reg [1:0] sync = 2'b11;
  reg [15:0] timer = 0;
  reg [3:0] left = 0;
  reg [7:0] byte_in = 0;
  reg came = 0;
  always @(posedge clk) begin
    sync <= {sync[0], rx};
    came <= 0;
    if (left == 0) begin
      timer <= DIVIDER + DIVIDER / 2 - 1;
      if (!sync[1]) left <= 9;
    end else if (timer != 0) begin
      timer <= timer - 1;
    end else begin
      timer <= DIVIDER - 1;
      left <= left - 1;
      if (left == 1) came <= sync[1];
      else byte_in <= {sync[1], byte_in[7:1]};
    end
  end

  // They are the number of vectors, or an element.
  reg [7:0] vectors = 0;
  reg [7:0] column = 0;
  reg [7:0] element = 0;
  reg valid = 0, last = 0;
  wire ready;
  assign busy = vectors != 0;
  always @(posedge clk) begin
    if (ready) valid <= 0;
    if (came && vectors == 0) begin
      vectors <= byte_in;
      column  <= 0;
    end else if (came) begin
      element <= byte_in;
      last <= vectors == 1;
      valid <= 1;
      if (valid && !ready) overrun <= 1;
      column <= column == INPUTS - 1 ? 0 : column + 1;
      if (column == INPUTS - 1) vectors <= vectors - 1;
    end
  end

  // Classes go.
  wire [4:0] result;
  wire result_valid;
  reg [9:0] bits_out = 10'h3ff;
  reg [3:0] to_send = 0;
  reg [15:0] pace = 0;
  assign tx = bits_out[0];
  always @(posedge clk) begin
    if (to_send == 0) begin
      if (result_valid) begin
        class_ <= result[3:0];
        bits_out <= {5'b10000, result[3:0], 1'b0};
        to_send <= 10;
        pace <= DIVIDER - 1;
      end
    end else if (pace != 0) begin
      pace <= pace - 1;
    end else begin
      pace <= DIVIDER - 1;
      bits_out <= {1'b1, bits_out[9:1]};
      to_send <= to_send - 1;
    end
  end

  digits_ternary machine (
      .clk(clk),
      .rst(rst),
      .i_x__payload({2'b00, 1'b0, last, element}),  // From zero; the last state is not wanted.
      .i_x__valid(valid),
      .i_x__ready(ready),
      .o__payload(result),
      .o__valid(result_valid),
      .o__ready(to_send == 0),
      .i_state__payload(24'd0),
      .i_state__valid(1'b0),
      .i_state__ready(),
      .o_state__payload(),
      .o_state__valid(),
      .o_state__ready(1'b1)
  );
endmodule
