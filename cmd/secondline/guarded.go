package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/robfig/cron/v3"

	"secondline/internal/private"
)

// guarded answers 500 where a handler panics, and logs where it did. net/http would
// log what was panicked with, which may be what somebody told.
func guarded(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			log.Error("a request ended in a panic", "err", private.Panic(value))
			w.WriteHeader(http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

// guardedJob is the same for what is done again and again.
func guardedJob(ctx context.Context, log *slog.Logger, job func(context.Context)) cron.Job {
	return cron.FuncJob(func() {
		defer func() {
			if value := recover(); value != nil {
				log.Error("what is done again and again ended in a panic", "err", private.Panic(value))
			}
		}()
		job(ctx)
	})
}
