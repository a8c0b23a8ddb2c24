package grafana

// Files are all generated files, by their path in the repository.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, board := range All() {
		content, err := board.JSON()
		if err != nil {
			return nil, err
		}
		files["dashboards/"+board.UID+".json"] = content
	}
	var err error
	if files[provisioning+"dashboards/tidemark.yaml"], err = providersFile(); err != nil {
		return nil, err
	}
	if files[provisioning+"alerting/tidemark.yaml"], err = rulesFile(All()); err != nil {
		return nil, err
	}
	return files, nil
}
