/* SPDX-License-Identifier: MIT */
/*
 * gen3 registers: offsets in BAR 0 and their bits. The section named at each group is that of
 * doc/gen3.md, which cites the sources.
 */
#ifndef GEMD_HW_GEN3_REGS_H
#define GEMD_HW_GEN3_REGS_H

/* Fence registers (A.7) */
#define FENCE(i)          ((i) < 8 ? 0x2000u + 4u * (i) : 0x3000u + 4u * ((i)-8u))
#define FENCE_VALID       (1u << 0)
#define FENCE_PITCH_SHIFT 4 /* log2(pitch in tile widths), 6:4 */
#define FENCE_SIZE_SHIFT  8 /* log2(size in MiB), 10:8 */
#define FENCE_WALK_Y      (1u << 12)
#define FENCE_START_MASK  0x0ff00000u
#define FENCE_BITS        0x0ff01771u /* all that a fence register has */

/* GTT (A.5) */
#define PGTBL_CTL           0x2020
#define PGTBL_CTL_SIZE_MASK (7u << 1) /* G33: 0 512 KiB, 1 256 KiB, 2 128 KiB of entries */
#define PGTBL_CTL_SIZE_512K (0u << 1)
#define PGTBL_CTL_SIZE_256K (1u << 1)
#define PGTBL_CTL_ENABLE    (1u << 0) /* 915 and 945; their table's place is in 31:12 */
#define PGTBL_ER            0x2024
#define PGTBL_ER_MAP_PTE    (1u << 26) /* texture fetch */
#define PGTBL_ER_LC_PTE     (1u << 24) /* colour, depth, blitter */
#define PGTBL_ER_CS_VERTEX  (1u << 21)
#define PGTBL_ER_CS_INSTR   (1u << 20)
#define PGTBL_ER_CS_GTT     (1u << 19)
#define PGTBL_ER_OVERLAY    (1u << 16)
#define PGTBL_ER_DISPLAY_C  (1u << 12)
#define PGTBL_ER_DISPLAY_B  (1u << 8)
#define PGTBL_ER_DISPLAY_A  (1u << 4)
#define PGTBL_ER_HOST_GTT   (1u << 0)
#define PTE_VALID           (1u << 0)
#define PTE_CACHED          (3u << 1)
#define PTE_ADDRESS_MASK    0xfffff000u
#define PTE_HIGH_SHIFT      28 /* bus address 35:32 in bits 7:4 on G33 */
#define PTE_HIGH_MASK       0xf0u
#define GFX_FLSH_CNTL       0x2170

/* Compression of plane A on 915GM and 945GM (A.1) */
#define FBC_CONTROL        0x3208
#define FBC_CONTROL_ENABLE (1u << 31)
#define FBC_STATUS         0x3210
#define FBC_STATUS_BUSY    (1u << 31) /* compressing */

/* Ring buffer (B.1) */
#define PRB0_TAIL        0x2030
#define PRB0_HEAD        0x2034
#define PRB0_START       0x2038
#define PRB0_CTL         0x203c
#define RING_TAIL_MASK   0x001ffff8u
#define RING_HEAD_MASK   0x001ffffcu
#define RING_WRAP_ONE    (1u << 21)
#define RING_WRAP_MASK   0xffe00000u
#define RING_SIZE_MASK   0x001ff000u /* in CTL: bytes - 4096 */
#define RING_WAIT        (1u << 11)
#define RING_REPORT_MASK (3u << 1) /* automatic head report */
#define RING_REPORT_64K  (1u << 1)
#define RING_REPORT_128K (2u << 1)
#define RING_VALID       (1u << 0)
#define RING_STRIDE      0x10 /* from PRB0's registers to PRB1's */
#define PRB1_TAIL        0x2040
#define PRB1_HEAD        0x2044
#define PRB1_START       0x2048
#define PRB1_CTL         0x204c
#define PRB2_TAIL        0x2050
#define PRB2_HEAD        0x2054
#define PRB2_START       0x2058
#define PRB2_CTL         0x205c

/* Command streamer status (B.2). Masked registers: bits 31:16 enable writes to 15:0. */
#define EXCC                      0x2028 /* masked: condition codes that MI_WAIT_FOR_EVENT knows */
#define EXCC_CODES                5u
#define HWS_PGA                   0x2080
#define IPEIR                     0x2088
#define IPEIR_IN_BATCH            (1u << 3)
#define IPEHR                     0x208c
#define INSTDONE                  0x2090
#define INSTDONE_IDLE             0x7ffffbcfu /* all units of gen3 done */
#define INSTDONE_RING0            (1u << 0)   /* PRB0; PRB1 is the next */
#define INSTDONE_COLOR_CALCULATOR (1u << 8)
#define INSTDONE_PIXEL_UNITS      0x003ffbc0u /* windower to colour calculator and the samplers */
#define INSTDONE_SETUP_UNITS      0x01c00000u /* binner, strips and fans, setup */
#define NOPID                     0x2094
#define HWSTAM                    0x2098
#define MI_MODE                   0x209c
#define MI_MODE_NO_C_GATING       (1u << 5) /* 915GM, 945GM: the render clock runs on in C2 and below */
#define MI_MODE_STOP_RING         (1u << 8)
#define MI_MODE_IDLE              (1u << 9)
#define EIR                       0x20b0
#define EMR                       0x20b4
#define ESR                       0x20b8
#define ERROR_PAGE_TABLE          (1u << 4)
#define ERROR_DISPLAY             (1u << 3)
#define ERROR_MEMORY_REFRESH      (1u << 1)
#define ERROR_INSTRUCTION         (1u << 0)
#define INSTPM                    0x20c0
#define INSTPM_SELF_REFRESH       (1u << 12) /* 915GM */
#define INSTPM_AGPBUSY_INTERRUPTS (1u << 11) /* a pending interrupt wakes the processor from C3 */
#define INSTPM_SYNC_FLUSH         (1u << 5)
#define INSTPM_2D_DISABLE         (1u << 3)
#define INSTPM_3D_DISABLE         (1u << 2)
#define INSTPM_STATE_DISABLE      (1u << 1)
#define INSTPM_PALETTE_DISABLE    (1u << 0) /* palettes and the stipple */
#define INSTPM_DISABLES           0xfu
#define ACTHD                     0x20c8
#define DMA_FADD                  0x20d0
#define FW_BLC                    0x20d8
#define FW_BLC_BURST_A            (1u << 8) /* eight lines a request; plane A or C */
#define FW_BLC_BURST_B            (1u << 24)
#define FW_BLC_B_SHIFT            16 /* of the level of plane B; that of A and C is lowest */
#define FW_BLC2                   0x20dc
#define FW_BLC_SELF               0x20e0
#define FW_BLC_SELF_MASK          (1u << 31) /* 945: bit 15 is written */
#define FW_BLC_SELF_LEVEL_MASK    (1u << 16) /* 945: bits 7:0 are written */
#define FW_BLC_SELF_ENABLE        (1u << 15)
#define MI_ARB_STATE              0x20e4
#define MI_ARB_C3_WRITES          (1u << 11)
#define MI_ARB_NO_TRICKLE_FEED    (1u << 2)
#define CACHE_MODE_0              0x2120
#define CCID                      0x2180 /* the current context, as MI_SET_CONTEXT set it */
#define CCID_ADDRESS_MASK         0xfffff800u
#define CCID_VALID                (1u << 0)
#define ECOSKPD                   0x21d0
#define ECO_FLIP_DONE             (1u << 0)
#define ECO_GATING_CX_ONLY        (1u << 3) /* Pineview */
#define OVADD                     0x30000   /* address of the overlay's registers */
#define D_STATE                   0x6104
#define D_STATE_PLL_OFF_IN_D3     (1u << 3)
#define D_STATE_GFX_GATING        (1u << 1)
#define D_STATE_DOT_GATING        (1u << 0)
#define MASKED_SET(bits)          (((bits) << 16) | (bits))
#define MASKED_CLEAR(bits)        ((bits) << 16)

/* Interrupts (B.3) */
#define IER               0x20a0
#define IIR               0x20a4
#define IMR               0x20a8
#define ISR               0x20ac
#define INT_ASLE          (1u << 0)
#define INT_USER          (1u << 1)
#define INT_PIPE_B_EVENT  (1u << 4)
#define INT_PIPE_B_VBLANK (1u << 5)
#define INT_PIPE_A_EVENT  (1u << 6)
#define INT_PIPE_A_VBLANK (1u << 7)
#define INT_PLANE_C_FLIP  (1u << 8)
#define INT_OVERLAY_FLIP  (1u << 9)
#define INT_PLANE_B_FLIP  (1u << 10)
#define INT_PLANE_A_FLIP  (1u << 11)
#define INT_SYNC_STATUS   (1u << 12)
#define INT_MASTER_ERROR  (1u << 15)
#define INT_DISPLAY_PORT  (1u << 17)

/* Pipe A; pipe B is 0x1000 higher (B.4, B.5) */
#define PIPE_STRIDE            0x1000
#define HTOTAL_A               0x60000 /* 31:16 total - 1, 15:0 active - 1 */
#define HBLANK_A               0x60004 /* 31:16 end - 1, 15:0 start - 1 */
#define HSYNC_A                0x60008
#define VTOTAL_A               0x6000c
#define VBLANK_A               0x60010
#define VSYNC_A                0x60014
#define PIPESRC_A              0x6001c /* (width - 1) << 16 | (height - 1) */
#define BCLRPAT_A              0x60020
#define PIPEDSL_A              0x70000
#define PIPECONF_A             0x70008
#define PIPECONF_ENABLE        (1u << 31)
#define PIPECONF_DOUBLE_WIDE   (1u << 30) /* two pixels a clock */
#define PIPECONF_FORCE_BORDER  (1u << 25)
#define PIPECONF_10_BIT        (1u << 24) /* the palette's mode */
#define PIPE_CRC_CTL_A         0x60050
#define SLC_A                  0x70004 /* 31 inclusive, 28:16 first line, 12:0 last */
#define DSPARB                 0x70030 /* lines of the FIFO: where plane B's begin, and plane C's */
#define DSPARB_MASK            0x7fu
#define DSPARB_C_SHIFT         7
#define DSPFW3                 0x7003c /* Pineview */
#define DSPFW3_SELF_REFRESH    (1u << 30)
#define PIPESTAT_A             0x70024
#define PIPESTAT_UNDERRUN      (1u << 31)
#define PIPESTAT_VBLANK_ENABLE (1u << 17)
#define PIPESTAT_VBLANK        (1u << 1)
#define PIPESTAT_OVERLAY       (1u << 0) /* updated */
#define PIPESTAT_EVEN_FIELD    (1u << 4)
#define PIPESTAT_ODD_FIELD     (1u << 5)
#define PIPESTAT_LINE_COMPARE  (1u << 8)
#define PIPESTAT_VSYNC         (1u << 9)
#define PIPESTAT_ENABLES       0x3ff70000u
#define PIPESTAT_EVENTS        0x00003ff7u /* each enabled by the bit 16 higher */
#define FRAMEHIGH_A            0x70040     /* 15:0 frame count 23:8 */
#define FRAMEPIXEL_A           0x70044     /* 31:24 frame count 7:0, 23:0 pixel in frame */
#define PALETTE_A              0x0a000

/* Plane A (B.6) */
#define DSPCNTR_A             0x70180
#define DSPCNTR_ENABLE        (1u << 31)
#define DSPCNTR_GAMMA         (1u << 30)
#define DSPCNTR_FORMAT_MASK   (15u << 26)
#define DSPCNTR_FORMAT_SHIFT  26
#define DSPCNTR_C8            2u
#define DSPCNTR_XRGB1555      4u
#define DSPCNTR_RGB565        5u
#define DSPCNTR_XRGB8888      6u
#define DSPCNTR_KEY           (1u << 22)
#define DSPCNTR_LINE_DOUBLE   (1u << 20)
#define DSPCNTR_BLEND         (1u << 15) /* planes B and C: alpha counts */
#define DSPCNTR_BOTTOM        (1u << 2)  /* plane C below plane A */
#define DSPCNTR_ABOVE_OVERLAY (1u << 0)  /* planes B and C */
#define DSPCNTR_PIPE_B        (1u << 24)
#define DSPADDR_A             0x70184
#define DSPSTRIDE_A           0x70188
#define DSPPOS_A              0x7018c
#define DSPSIZE_A             0x70190
#define DSPKEYVAL_A           0x70194
#define DSPKEYMSK_A           0x70198

/* Cursor A; cursor B is 0x40 higher (B.7) */
#define CURSOR_STRIDE      0x40
#define CURCNTR_A          0x70080
#define CURCNTR_MODE_MASK  0x27u
#define CURCNTR_GAMMA      (1u << 26)
#define CURCNTR_PIPE_SHIFT 28
#define CURBASE_A          0x70084
#define CURPOS_A           0x70088 /* 31 and 15 signs, 26:16 y, 10:0 x */
#define CURPALET_A         0x70090 /* four colours of the 2-bit modes */

/* Dot clock and analog port (B.8) */
#define DPLL_A                   0x06014
#define DPLL_B                   0x06018
#define DPLL_VCO_ENABLE          (1u << 31)
#define DPLL_VGA_DISABLE         (1u << 28)
#define DPLL_FP1_SELECT          (1u << 8) /* the clock of FPA1/FPB1 */
#define FPA0                     0x06040
#define FPA1                     0x06044
#define FPB0                     0x06048
#define FPB1                     0x0604c
#define VGACNTRL                 0x71400
#define VGACNTRL_DISABLE         (1u << 31)
#define ADPA                     0x61100
#define ADPA_ENABLE              (1u << 31)
#define ADPA_PIPE_B              (1u << 30)
#define ADPA_NO_SYNCS            (3u << 10) /* the monitor goes to sleep */
#define ADPA_VSYNC_HIGH          (1u << 4)
#define ADPA_HSYNC_HIGH          (1u << 3)
#define PORT_HOTPLUG_EN          0x61110
#define HOTPLUG_CRT_ENABLE       (1u << 9)
#define HOTPLUG_CRT_DETECT       (1u << 3) /* falls when the detection is done */
#define PORT_HOTPLUG_STAT        0x61114
#define HOTPLUG_CRT_EVENT        (1u << 11)
#define HOTPLUG_CRT_COLOUR       (3u << 8)
#define HOTPLUG_EVENTS           0x00000cc0u /* written back to be cleared */
#define LVDS                     0x61180
#define LVDS_ENABLE              (1u << 31)
#define LVDS_PIPE_B              (1u << 30)
#define LVDS_POWER_A             (3u << 8) /* clock and data of channel A */
#define PP_CONTROL               0x61204   /* of the panel's power; a key in 31:16 */
#define PP_CONTROL_ON            (1u << 0)
#define PP_CONTROL_KEY           0xabcd0000u /* without it the panel's registers are protected */
#define PFIT_CONTROL             0x61230
#define PFIT_ENABLE              (1u << 31)
#define PFIT_VERTICAL_BILINEAR   (1u << 10)
#define PFIT_HORIZONTAL_BILINEAR (1u << 6)
#define PFIT_PGM_RATIOS          0x61234

/* The television's encoder of 915GM and 945GM (B.8) */
#define TV_CTL       0x68000
#define TV_DAC       0x68004
#define TV_DAC_SENSE (7u << 28) /* nothing is plugged into A, B, C */

/* The I2C controller of the ports (B.11) */
#define GMBUS0             0x5100
#define GMBUS0_PORT_MASK   7u
#define GMBUS0_PORT_ANALOG 2u
#define GMBUS1             0x5104 /* 24:16 bytes, 15:8 index, 7:1 slave */
#define GMBUS1_CLEAR       (1u << 31)
#define GMBUS1_READY       (1u << 30)
#define GMBUS1_CYCLE_STOP  (1u << 27)
#define GMBUS1_CYCLE_INDEX (1u << 26)
#define GMBUS1_CYCLE_WAIT  (1u << 25)
#define GMBUS1_READ        (1u << 0)
#define GMBUS2             0x5108 /* 8:0 bytes to come */
#define GMBUS2_IN_USE      (1u << 15)
#define GMBUS2_WAIT_PHASE  (1u << 14)
#define GMBUS2_READY       (1u << 11)
#define GMBUS2_NO_ANSWER   (1u << 10)
#define GMBUS2_ACTIVE      (1u << 9)
#define GMBUS3             0x510c /* data, the first byte lowest */
#define GMBUS4             0x5110
#define GMBUS5             0x5120
#define GPIO_ANALOG        0x5010 /* the two wires of the analog port, by hand */
#define GPIO_CLOCK_SHIFT   0
#define GPIO_DATA_SHIFT    8
#define GPIO_DIRECTION_SET (1u << 0) /* bits of a wire: the write changes the direction */
#define GPIO_DRIVEN        (1u << 1)
#define GPIO_VALUE_SET     (1u << 2) /* the write changes what is driven */
#define GPIO_VALUE_OUT     (1u << 3)
#define GPIO_VALUE_IN      (1u << 4)
#define GPIO_NO_PULL_UP    (1u << 5)

/* Memory controller, mirrored (A.9) */
#define MCH_DCC          0x10200 /* 15:0 on 915, 945 and Pineview: channels and swizzle */
#define DCC_MODE_MASK    3u
#define DCC_SINGLE       0u
#define DCC_ASYMMETRIC   1u
#define DCC_INTERLEAVED  2u
#define DCC_XOR_17       (1u << 9) /* else 11: what is XORed into bit 6 */
#define DCC_NO_XOR       (1u << 10)
#define MCH_C0DRB2       0x10204 /* 31:16 C0DRB3 on G33 */
#define MCH_C1DRB2       0x10604
#define MCH_CLKCFG       0x10c00 /* 2:0 front side bus, 6:4 memory */
#define MCH_HPLLVCO      0x10c38 /* 2:0 of G33's clocks; Pineview's are in the byte at 0x10c0f */
#define MCH_HPLLVCO_MASK 7u
#define MCH_HPLLVCO_PNV  0x10c0c
#define MCH_DRB3_SHIFT   16

/* PCI configuration (A.3, B.9) */
#define CONFIG_GDRST       0xc0
#define CONFIG_GMCH        0x52 /* GMCH_CTRL */
#define CONFIG_GCFGC       0xf0 /* 915 and later: the display core's clock, in 6:4 */
#define GCFGC_CLOCK_MASK   (7u << 4)
#define GCFGC_CLOCK_SHIFT  4
#define GCFGC_LOW          (1u << 7) /* mobile 915 and 945: the low clock instead */
#define GDRST_ENABLE       (1u << 0)
#define GDRST_STATUS       (1u << 1)
#define GDRST_DOMAIN_SHIFT 2 /* 3:2: 0 all, 1 render, 3 media */

/* Commands that the daemon and the model share by name (C) */
#define MI_NOOP                     0x00000000u
#define MI_USER_INTERRUPT           (0x02u << 23)
#define MI_WAIT_FOR_EVENT           (0x03u << 23)
#define MI_WAIT_PLANE_A_FLIP        (1u << 2)
#define MI_WAIT_PIPE_A_VBLANK       (1u << 3)
#define MI_WAIT_PLANE_A_LINES       (1u << 1)
#define MI_WAIT_PIPE_B_SHIFT        4           /* pipe B's bits are those of pipe A, higher */
#define MI_WAIT_DISPLAY_EVENTS      0x000000eeu /* lines, flip, vblank of A and B */
#define MI_WAIT_NEVER_PENDING       0x00010110u /* compression, flips of plane C and the overlay */
#define MI_WAIT_CODE_SHIFT          9           /* 12:9 condition code, 0 none */
#define MI_WAIT_CODES               15u
#define MI_WAIT_PIPE_A_HBLANK       (1u << 13)
#define MI_WAIT_PIPE_B_HBLANK       (1u << 14)
#define MI_WAIT_PIPE_A_VBLANK_START (1u << 17)
#define MI_WAIT_PIPE_B_VBLANK_START (1u << 18)
#define MI_WAIT_EVENTS              0x00077ffeu
#define MI_FLUSH                    (0x04u << 23)
#define MI_FLUSH_BITS               0x3fu
#define MI_FLUSH_MAP_CACHE          (1u << 0)
#define MI_FLUSH_NO_WRITE           (1u << 2)
#define MI_FLUSH_END_SCENE          (1u << 4)
#define MI_REPORT_HEAD              (0x07u << 23)
#define MI_ARB_ON_OFF               (0x08u << 23)
#define MI_BATCH_BUFFER_END         (0x0au << 23)
#define MI_DISPLAY_FLIP             (0x14u << 23 | 1u) /* 21:20 plane; dw1 pitch, dw2 address */
#define MI_STORE_DATA_IMM           (0x20u << 23 | 1u)
#define MI_STORE_DATA_GTT           (1u << 22)
#define MI_STORE_DATA_INDEX         (0x21u << 23 | 1u)
#define MI_LOAD_REGISTER_IMM        (0x22u << 23)
#define MI_BATCH_BUFFER_START       (0x31u << 23)
#define MI_BATCH_GTT                (2u << 6)
#define MI_BATCH_NON_SECURE         (1u << 0) /* in the address dword */

#endif
