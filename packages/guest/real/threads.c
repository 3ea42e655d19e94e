/* Threads of the C library: a queue between producers and consumers, thread-local storage, a barrier. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
enum { PRODUCERS = 3, CONSUMERS = 4, ITEMS = 2000, ROOM = 16 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER, not_empty = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static unsigned queue[ROOM], head, used, finished;
static __thread unsigned own;
static void *produce(void *argument) {
  unsigned seed = (unsigned)(size_t)argument;
  pthread_barrier_wait(&barrier);
  for (unsigned i = 0; i < ITEMS; i++) {
    pthread_mutex_lock(&lock);
    while (used == ROOM) pthread_cond_wait(&not_full, &lock);
    queue[(head + used++) % ROOM] = seed * 100000 + i;
    own++;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&lock);
  }
  return (void *)(size_t)own;
}
static void *consume(void *argument) {
  unsigned long long sum = 0;
  pthread_barrier_wait(&barrier);
  for (;;) {
    pthread_mutex_lock(&lock);
    while (used == 0 && !finished) pthread_cond_wait(&not_empty, &lock);
    if (used == 0) break;
    sum += queue[head % ROOM];
    head++;
    used--;
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&lock);
  }
  pthread_mutex_unlock(&lock);
  *(unsigned long long *)argument = sum;
  return NULL;
}
int main(void) {
  pthread_t producers[PRODUCERS], consumers[CONSUMERS];
  unsigned long long sums[CONSUMERS], sum = 0;
  unsigned made = 0;
  pthread_barrier_init(&barrier, NULL, PRODUCERS + CONSUMERS);
  for (int i = 0; i < CONSUMERS; i++) pthread_create(&consumers[i], NULL, consume, &sums[i]);
  for (int i = 0; i < PRODUCERS; i++) pthread_create(&producers[i], NULL, produce, (void *)(size_t)(i + 1));
  for (int i = 0; i < PRODUCERS; i++) {
    void *count;
    pthread_join(producers[i], &count);
    made += (unsigned)(size_t)count;
  }
  pthread_mutex_lock(&lock);
  finished = 1;
  pthread_cond_broadcast(&not_empty);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < CONSUMERS; i++) {
    pthread_join(consumers[i], NULL);
    sum += sums[i];
  }
  printf("%u made, sum %llu, own %u\n", made, sum, own);
  return 0;
}
