// A small system around a generated machine: a memory with packets, and a master that works them
// off. It enables the machine over AXI4-Lite, sends each beat of the memory over AXI4-Stream, keeps
// the numbers that come back, and reads the machine's error bits and its count of dropped packets.
//
// A word of the memory is a beat: TLAST, TKEEP and TDATA. Sizes are those of the machine that
// MACHINE names; see its JSON file.

module soc #(
    parameter BEAT = 4,            // bytes of s_axis_tdata
    parameter RESULT = 1,          // bytes of m_axis_tdata
    parameter BEATS = 64,          // words of the memory
    parameter RESULTS = 16,        // room for results
    parameter PACKETS = "packets.hex"
) (
    input             clk,
    input             reset_n,
    input      [31:0] packets,     // how many results end with TLAST before all is done
    output reg        done,
    output reg [31:0] errors,
    output reg [31:0] dropped,
    output reg [31:0] results
);
  localparam CONTROL = 12'h040, ERROR = 12'h048, DROPPED = 12'h064;
  localparam ENABLE = 3'd0, ENABLED = 3'd1, RUN = 3'd2, ASK = 3'd3, ANSWER = 3'd4, END = 3'd5;

  reg [9*BEAT:0] memory[0:BEATS-1];
  reg [8*RESULT-1:0] result[0:RESULTS-1];
  initial $readmemh(PACKETS, memory);

  // The master of registers: one write, and two reads at the end.
  reg [2:0] state;
  reg [11:0] araddr;
  reg awvalid, wvalid, arvalid;
  wire awready, wready, bvalid, arready, rvalid;
  wire [31:0] rdata;
  wire [1:0] bresp, rresp;
  reg [31:0] ended;

  always @(posedge clk)
    if (!reset_n) begin
      state <= ENABLE;
      {awvalid, wvalid, arvalid, done} <= 4'b0;
      {errors, dropped} <= 64'b0;
      araddr <= ERROR;
    end else
      case (state)
        ENABLE: begin
          {awvalid, wvalid} <= 2'b11;
          state <= ENABLED;
        end
        ENABLED: begin
          if (awready) awvalid <= 1'b0;
          if (wready) wvalid <= 1'b0;
          if (bvalid) state <= bresp == 2'b00 ? RUN : ENABLE;
        end
        RUN: if (ended == packets) state <= ASK;
        ASK: begin
          arvalid <= 1'b1;
          state <= ANSWER;
        end
        ANSWER: begin
          if (arready) arvalid <= 1'b0;
          if (rvalid && rresp == 2'b00) begin
            if (araddr == ERROR) errors <= rdata;
            else dropped <= rdata;
            araddr <= DROPPED;
            state <= araddr == ERROR ? ASK : END;
          end
        end
        default: done <= 1'b1;
      endcase

  // The sender: a beat a cycle, while there are any.
  reg [31:0] place;
  wire sending = state >= RUN && place < BEATS && memory[place][8*BEAT +: BEAT] != 0;
  wire tready;

  always @(posedge clk)
    if (!reset_n) place <= 32'd0;
    else if (sending && tready) place <= place + 32'd1;

  // The receiver takes a result in every other cycle.
  reg ready;
  wire tvalid, tlast;
  wire [8*RESULT-1:0] number;

  always @(posedge clk)
    if (!reset_n) begin
      ready <= 1'b0;
      results <= 32'd0;
      ended <= 32'd0;
    end else begin
      ready <= ~ready;
      if (tvalid && ready) begin
        if (results < RESULTS) result[results] <= number;
        results <= results + 32'd1;
        ended <= ended + {31'd0, tlast};
      end
    end

  `MACHINE machine (
      .aclk(clk), .aresetn(reset_n), .irq(),
      .s_axis_tdata(memory[place][8*BEAT-1:0]), .s_axis_tkeep(memory[place][8*BEAT +: BEAT]),
      .s_axis_tlast(memory[place][9*BEAT]), .s_axis_tid(8'd0), .s_axis_tuser(1'b0),
      .s_axis_tvalid(sending), .s_axis_tready(tready),
      .m_axis_tdata(number), .m_axis_tkeep(), .m_axis_tlast(tlast), .m_axis_tid(),
      .m_axis_tvalid(tvalid), .m_axis_tready(ready),
      .s_axi_awaddr(CONTROL), .s_axi_awprot(3'd0), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
      .s_axi_wdata(32'd1), .s_axi_wstrb(4'hf), .s_axi_wvalid(wvalid), .s_axi_wready(wready),
      .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(1'b1),
      .s_axi_araddr(araddr), .s_axi_arprot(3'd0), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
      .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(1'b1)
  );
endmodule
