/* Numbers, in and out: 64-bit arithmetic, floating point, formatting. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  unsigned long long big = 1;
  for (int i = 1; i <= 20; i++) {
    big *= (unsigned)i;
    printf("%d! = %llu, modulo 97 %llu, as a float %g\n", i, big, big % 97, (double)(float)big);
  }
  double x = 1;
  for (int i = 0; i < 12; i++) {
    x = x * 1.7 + 0.3;
    printf("%.17g %a %.3f %e sqrt %.15g floor %g fmod %.10g\n", x, x, x, x, sqrt(x), floor(x), fmod(x, 0.7));
  }
  printf("%.10Lg %d %ld\n", strtold("3.14159265358979323846", NULL), atoi("-42"), strtol("7fffffff", NULL, 16));
  printf("%f %f %f %d\n", INFINITY, -INFINITY, NAN, (int)lround(2.5));
  return 0;
}
