package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tidemark/tidemark/collectors/importer"
	"github.com/tidemark/tidemark/internal/config"
)

// importsPath is where the webhook answers.
const importsPath = "/import"

// imports puts the webhook beside a page, which may be nil; address is where the
// process listens already, or "off". Where the webhook is not enabled, the page
// comes back as it is.
func (s *system) imports(address string, page http.Handler) (http.Handler, error) {
	cfg := s.cfg.Collect.Import.Webhook
	if !cfg.Enabled {
		return page, nil
	}
	if err := mayStartWebhook(cfg, address); err != nil {
		return nil, err
	}
	secret, err := webhookSecret(cfg)
	if err != nil {
		return nil, err
	}
	library, err := loadMappings(s.cfg)
	if err != nil {
		return nil, err
	}
	known := importer.WebhookConfig{Secret: secret, MaxBody: int64(cfg.MaxBody)}
	if s.ch != nil {
		known.Imported = func(ctx context.Context, id string) (time.Time, error) { return importedAt(ctx, s.ch, id) }
	}
	hook := importer.NewWebhook(known, library, batches{s.kafka}, s.log)
	mux := http.NewServeMux()
	mux.HandleFunc(importsPath, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.prepared:
			hook.ServeHTTP(w, r)
		default: // the topics are not there yet
			w.Header().Set("Retry-After", "10")
			http.Error(w, `{"error":"it is not started yet; try again"}`, http.StatusServiceUnavailable)
		}
	})
	if page != nil {
		mux.Handle("/", page)
	}
	s.log.Info("imports are taken", "path", importsPath)
	return mux, nil
}

// mayStartWebhook says at once what would be wrong with it.
func mayStartWebhook(cfg config.Webhook, address string) error {
	if !cfg.Enabled {
		return nil
	}
	if _, err := webhookSecret(cfg); err != nil {
		return err
	}
	return mayTakeImports(address, cfg.BehindTLS)
}

// mayTakeImports refuses to take a secret where others can read it on its way.
func mayTakeImports(address string, behindTLS bool) error {
	if address == "off" {
		return errors.New("start webhook: collect.import.webhook is enabled, and --http is off")
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("start webhook: %w", err)
	}
	if ip := net.ParseIP(host); behindTLS || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("start webhook on %s: others than this machine reach this address, and nothing there is encrypted: "+
		"listen on 127.0.0.1 (--http), or put something in front that speaks TLS and set collect.import.webhook.behind_tls", address)
}

// minSecret is what cannot be guessed in the time that there is.
const minSecret = 16

func webhookSecret(cfg config.Webhook) (string, error) {
	secret := cfg.Token.Reveal()
	if cfg.TokenFile != "" {
		b, err := os.ReadFile(cfg.TokenFile)
		if err != nil {
			return "", fmt.Errorf("read collect.import.webhook.token_file: %w", err)
		}
		secret = strings.TrimRight(string(b), "\r\n")
	}
	if len(secret) < minSecret {
		return "", fmt.Errorf("read collect.import.webhook.token: it is shorter than %d signs", minSecret)
	}
	return secret, nil
}
