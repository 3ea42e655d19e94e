/**
 * First address above user space, and the top of the stack.
 *
 * @linux include/asm-i386/processor.h TASK_SIZE; include/asm-i386/a.out.h STACK_TOP
 */
export const TASK_SIZE = 0xc0000000;
/** Where the search for a free range begins: TASK_SIZE / 3. Nothing below it is ever chosen. @linux TASK_UNMAPPED_BASE */
export const TASK_UNMAPPED_BASE = 0x40000000;
