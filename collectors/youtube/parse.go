package youtube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// window is the time that a search is about; to does not belong to it.
type window struct {
	from, to time.Time
}

func (w window) has(t time.Time) bool { return !t.Before(w.from) && t.Before(w.to) }

// page is one page of what a search found.
type page struct {
	videos []video
	next   string
}

type video struct {
	id string
	at time.Time
}

// parsePage reads a page of videos of the window. A few videos beside it are
// passed over: a stream that was planned earlier is found by another time than
// it shows. A page with none of the window answers another question.
func parsePage(body []byte, w window) (page, error) {
	var doc struct {
		Kind  *string `json:"kind"`
		Next  string  `json:"nextPageToken"`
		Items *[]item `json:"items"`
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return page{}, errors.New("the answer is empty")
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return page{}, fmt.Errorf("decode json: %w", err)
	}
	switch {
	case doc.Kind == nil:
		return page{}, errors.New("there is no kind")
	case *doc.Kind != "youtube#searchListResponse":
		return page{}, fmt.Errorf("kind is %.60q, want youtube#searchListResponse", *doc.Kind)
	case doc.Items == nil:
		return page{}, errors.New("there is no items")
	case len(*doc.Items) > perPage:
		return page{}, fmt.Errorf("items has %d entries, at most %d", len(*doc.Items), perPage)
	}
	p := page{next: doc.Next}
	for i, it := range *doc.Items {
		v, err := it.video(i)
		if err != nil {
			return page{}, err
		}
		if w.has(v.at) {
			p.videos = append(p.videos, v)
		}
	}
	if len(*doc.Items) > 0 && len(p.videos) == 0 {
		return page{}, fmt.Errorf("no video was uploaded from %s to %s, which was asked for", w.from.Format(time.RFC3339), w.to.Format(time.RFC3339))
	}
	return p, nil
}

type item struct {
	ID struct {
		Kind    string  `json:"kind"`
		VideoID *string `json:"videoId"`
	} `json:"id"`
	Snippet struct {
		PublishedAt *string `json:"publishedAt"`
	} `json:"snippet"`
}

func (it item) video(i int) (video, error) {
	switch {
	case it.ID.VideoID == nil:
		return video{}, fmt.Errorf("there is no items[%d].id.videoId", i)
	case it.ID.Kind != "youtube#video":
		return video{}, fmt.Errorf("items[%d].id.kind is %.60q, want youtube#video", i, it.ID.Kind)
	case !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(*it.ID.VideoID):
		return video{}, fmt.Errorf("items[%d].id.videoId is no id", i)
	case it.Snippet.PublishedAt == nil:
		return video{}, fmt.Errorf("there is no items[%d].snippet.publishedAt", i)
	}
	at, err := time.Parse(time.RFC3339, *it.Snippet.PublishedAt)
	if err != nil {
		return video{}, fmt.Errorf("items[%d].snippet.publishedAt is %.40q, want a time", i, *it.Snippet.PublishedAt)
	}
	return video{id: *it.ID.VideoID, at: at.UTC()}, nil
}
