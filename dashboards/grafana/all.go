package grafana

// entry names a dashboard for the links that stand on all others.
type entry struct{ uid, title string }

// dashboards are those that are linked to, in the order of the links.
func dashboards() []entry {
	return []entry{
		{"tidemark-migration", "Migration at a glance"},
		{"tidemark-ranks", "Rank explorer"},
		{"tidemark-hashtags", "Hashtag pulse"},
		{"tidemark-surge", "Surge and decline"},
		{"tidemark-reported", "Measured and reported"},
		{"tidemark-alerts", "Alerts"},
		{"tidemark-quality", "Data quality and gaps"},
		{"tidemark-pipeline", "Pipeline health"},
	}
}

// All are all dashboards.
func All() []*Board {
	return []*Board{
		Migration(),
		Ranks(),
		Hashtags(),
		Surge(),
		Reported(),
		Alerts(),
		Quality(),
		Pipeline(),
	}
}
