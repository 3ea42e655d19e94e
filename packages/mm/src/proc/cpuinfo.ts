import { ELF_HWCAP } from '../address-space/exec-tables.ts';
import { CPU_MHZ } from '../hardware/cost-model.ts';

/** Bits of CPUID's features, from 0 on; null: the kernel has no name for it. @linux 2.4.22 arch/i386/kernel/setup.c x86_cap_flags[] */
const FEATURES: readonly (string | null)[] =
  'fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr sse sse2 ss ht tm ia64 -'
    .split(' ')
    .map((name) => (name === '-' ? null : name));

/** A section for each processor: the one of which the cost model tells. @linux 2.4.22 arch/i386/kernel/setup.c show_cpuinfo() */
export function cpuinfoText(cpus: number): string {
  const flags = FEATURES.filter((name, bit) => name !== null && ((ELF_HWCAP >>> bit) & 1) !== 0);
  const lines = [
    'vendor_id\t: GenuineIntel',
    'cpu family\t: 6',
    'model\t\t: 8',
    'model name\t: Pentium III (Coppermine)',
    'stepping\t: 3',
    `cpu MHz\t\t: ${CPU_MHZ}.000`,
    'cache size\t: 256 KB',
    'fdiv_bug\t: no',
    'hlt_bug\t\t: no',
    'f00f_bug\t: no',
    'coma_bug\t: no',
    'fpu\t\t: yes',
    'fpu_exception\t: yes',
    'cpuid level\t: 2',
    'wp\t\t: yes',
    `flags\t\t: ${flags.join(' ')}`,
    `bogomips\t: ${2 * CPU_MHZ}.00`,
  ];
  const section = (cpu: number) => [`processor\t: ${cpu}`, ...lines, '', ''].join('\n');
  return Array.from({ length: cpus }, (_, cpu) => section(cpu)).join('');
}
