/* Where loader and application begin: no interrupts, a stack of their own, cleared memory. */
    .option arch, +zicsr

    .section .entry, "ax"
    .globl start
start:
    csrci   mstatus, 8              /* interrupts off: nothing here waits for one */
    la      sp, stack_end
    la      t0, trap
    ori     t0, t0, 1               /* the chip knows vectored mode only */
    csrw    mtvec, t0
    la      t0, bss_start
    la      t1, bss_end
clear:
    bgeu    t0, t1, run
    sw      zero, 0(t0)
    addi    t0, t0, 4
    j       clear
run:
    call    main
    j       .

/* Base of the vectors: exceptions come here. */
    .balign 256
trap:
    la      sp, stack_end
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    call    report_exception
    j       .
