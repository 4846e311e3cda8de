package casestore

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// LogTo has what the client of Redis says by itself go to log, in the form of all
// other lines. It is one for the whole program: call it before anything connects.
func LogTo(log *slog.Logger) { redis.SetLogger(clientLog{log}) }

type clientLog struct{ log *slog.Logger }

// Printf writes one line. The client names addresses there, and no credentials.
func (c clientLog) Printf(ctx context.Context, format string, v ...any) {
	c.log.WarnContext(ctx, "the client of Redis says", "what", fmt.Sprintf(format, v...))
}
