package importer

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Headers of a signed request.
const (
	headerTimestamp = "X-Tidemark-Timestamp"
	headerSignature = "X-Tidemark-Signature"
	headerSum       = "X-Tidemark-Content-SHA256"
)

const (
	// maxSkew is how far the clock of a signed request may be from ours. Its
	// signature is remembered as long, and taken once.
	maxSkew = 5 * time.Minute
	// An address may fail so often at once, and then once in failEvery.
	failBurst = 10
	failEvery = 6 * time.Second
	// maxAddresses bounds the memory of those who fail.
	maxAddresses = 4096
)

// guard knows the secret, and who has failed to.
type guard struct {
	secret []byte

	mu    sync.Mutex
	fails map[string]*rate.Limiter
	used  map[string]time.Time // signatures, until when they would be valid
}

func newGuard(secret string) *guard {
	return &guard{secret: []byte(secret), fails: map[string]*rate.Limiter{}, used: map[string]time.Time{}}
}

// claim is a request that has shown the token or a right signature.
type claim struct {
	signature string // empty: it was the token
	sum       string // SHA-256 that the body must have, hex
	until     time.Time
}

// begin checks who asks, before any of the body is read.
func (g *guard) begin(r *http.Request, now time.Time) (claim, error) {
	if len(g.secret) == 0 {
		return claim{}, errors.New("check login: there is no secret")
	}
	if sent := r.Header.Get(headerSignature); sent != "" {
		return g.signed(r, sent, now)
	}
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return claim{}, errors.New("check login: no token and no signature")
	}
	// Of the sums, so that not even the length shows in the time that it takes.
	have, want := sha256.Sum256([]byte(token)), sha256.Sum256(g.secret)
	if subtle.ConstantTimeCompare(have[:], want[:]) != 1 {
		return claim{}, errors.New("check login: the token is not right")
	}
	return claim{}, nil
}

func (g *guard) signed(r *http.Request, sent string, now time.Time) (claim, error) {
	stamp := r.Header.Get(headerTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return claim{}, errors.New("check login: " + headerTimestamp + " is no Unix time in seconds")
	}
	if away := now.Sub(time.Unix(seconds, 0)); away > maxSkew || away < -maxSkew {
		return claim{}, errors.New("check login: " + headerTimestamp + " is more than 5 minutes away")
	}
	sum := r.Header.Get(headerSum)
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		return claim{}, errors.New("check login: " + headerSum + " is no SHA-256 in hex")
	}
	signature, err := hex.DecodeString(strings.TrimPrefix(sent, "sha256="))
	if err != nil || len(signature) != sha256.Size {
		return claim{}, errors.New("check login: " + headerSignature + " is no SHA-256 in hex")
	}
	if !hmac.Equal(signature, sign(g.secret, stamp+"\n"+r.URL.RequestURI()+"\n"+sum)) {
		return claim{}, errors.New("check login: the signature is not right")
	}
	return claim{signature: string(signature), sum: strings.ToLower(sum), until: time.Unix(seconds, 0).Add(maxSkew)}, nil
}

// once says whether a signature comes for the first time. Only who has the
// secret can fill this memory, and it forgets what is not valid any more.
func (g *guard) once(c claim, now time.Time) bool {
	if c.signature == "" {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for signature, until := range g.used {
		if now.After(until) {
			delete(g.used, signature)
		}
	}
	if _, again := g.used[c.signature]; again {
		return false
	}
	g.used[c.signature] = c.until
	return true
}

// body holds that the body is the one that was signed.
func (c claim) body(sum string) error {
	if c.signature != "" && c.sum != sum {
		return errors.New("check login: the body is not the one that was signed")
	}
	return nil
}

func sign(secret []byte, text string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// mayTry says whether an address has failed too often.
func (g *guard) mayTry(from string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l, found := g.fails[from]
	return !found || l.Tokens() >= 1
}

func (g *guard) failed(from string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fails[from] == nil {
		if len(g.fails) >= maxAddresses {
			clear(g.fails)
		}
		g.fails[from] = rate.NewLimiter(rate.Every(failEvery), failBurst)
	}
	g.fails[from].Allow()
}
